// A judge: the checkpoint and Merkle code of @sigstore/verify reads what Custodes signed.
// node judge.cjs <folder with node_modules> < case.json ; prints `ok` or the error.
const path = require("node:path");
const crypto = require("node:crypto");
const fs = require("node:fs");

const room = path.join(process.argv[2], "node_modules", "@sigstore", "verify", "dist", "tlog");
const { verifyCheckpoint } = require(path.join(room, "checkpoint.js"));
const { verifyMerkleInclusion } = require(path.join(room, "merkle.js"));

const given = JSON.parse(fs.readFileSync(0, "utf8"));
const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), Buffer.from(given.public, "hex")]);
const log = {
  logID: Buffer.from(given.key_id, "hex"),
  baseURL: given.name,
  publicKey: crypto.createPublicKey({ key: spki, format: "der", type: "spki" }),
};
const entry = {
  canonicalizedBody: Buffer.from(given.entry, "hex"),
  inclusionProof: {
    checkpoint: { envelope: given.checkpoint },
    logIndex: String(given.index),
    hashes: given.path.map((step) => Buffer.from(step, "hex")),
  },
};
try {
  verifyMerkleInclusion(entry, verifyCheckpoint(entry, [log]));
  console.log("ok");
} catch (error) {
  console.log(String(error));
  process.exit(1);
}
