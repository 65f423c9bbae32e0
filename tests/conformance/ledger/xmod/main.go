// A judge: Go's own note and tlog packages (golang.org/x/mod/sumdb) read a log written by Custodes.
//
//	judge <folder> <vkey>
//
// The folder has `checkpoint`, `tile/...` and `proofs.json`. Prints `ok` or says what does not hold.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type proofs struct {
	Inclusion []struct {
		Index int64
		Leaf  []byte
		Path  [][]byte
	}
	Consistency []struct {
		Old  int64
		Root []byte
		Path [][]byte
	}
}

type shelf string

func (s shelf) Height() int { return 8 }

func (s shelf) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		// x/mod puts the height into the path, c2sp.org/tlog-tiles does not
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		raw, err := os.ReadFile(filepath.Join(string(s), path))
		if err != nil {
			return nil, err
		}
		found = append(found, raw)
	}
	return found, nil
}

func (s shelf) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

func main() {
	if err := judge(os.Args[1], os.Args[2]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ok")
}

func judge(folder, vkey string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	opened, err := note.Open(raw, note.VerifierList(verifier))
	if err != nil {
		return err
	}
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil {
		return err
	}
	tree := tlog.Tree{N: size, Hash: hash(root)}
	reader := tlog.TileHashReader(tree, shelf(folder))
	if found, err := tlog.TreeHash(size, reader); err != nil || found != tree.Hash {
		return fmt.Errorf("tree hash: %v", err)
	}
	raw, err = os.ReadFile(filepath.Join(folder, "proofs.json"))
	if err != nil {
		return err
	}
	var given proofs
	if err := json.Unmarshal(raw, &given); err != nil {
		return err
	}
	for _, one := range given.Inclusion {
		if err := tlog.CheckRecord(hashes(one.Path), size, tree.Hash, one.Index, hash(one.Leaf)); err != nil {
			return fmt.Errorf("inclusion of %d: %v", one.Index, err)
		}
		own, err := tlog.ProveRecord(size, one.Index, reader)
		if err != nil || fmt.Sprint(own) != fmt.Sprint(tlog.RecordProof(hashes(one.Path))) {
			return fmt.Errorf("another proof for %d: %v", one.Index, err)
		}
	}
	for _, one := range given.Consistency {
		if err := tlog.CheckTree(hashes(one.Path), size, tree.Hash, one.Old, hash(one.Root)); err != nil {
			return fmt.Errorf("consistency with %d: %v", one.Old, err)
		}
	}
	return nil
}

func hash(raw []byte) (found tlog.Hash) {
	copy(found[:], raw)
	return found
}

func hashes(path [][]byte) []tlog.Hash {
	var found []tlog.Hash
	for _, step := range path {
		found = append(found, hash(step))
	}
	return found
}
