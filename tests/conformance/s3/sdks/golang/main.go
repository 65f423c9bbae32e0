// What a program in Go asks of S3, by the AWS SDK for Go v2. Usage: golang ENDPOINT KEY SECRET BUCKET
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

var ctx = context.Background()

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func demand(holds bool, what string) {
	if !holds {
		panic(what)
	}
}

func code(err error) string {
	var said smithy.APIError
	if errors.As(err, &said) {
		return said.ErrorCode()
	}
	return fmt.Sprint(err)
}

func client(endpoint, key, secret string) *s3.Client {
	return s3.New(s3.Options{
		Region:           "eu-central-1",
		BaseEndpoint:     aws.String(endpoint),
		UsePathStyle:     true,
		Credentials:      credentials.NewStaticCredentialsProvider(key, secret, ""),
		RetryMaxAttempts: 1,
	})
}

func main() {
	endpoint, key, secret, bucket := os.Args[1], os.Args[2], os.Args[3], aws.String(os.Args[4])
	c := client(endpoint, key, secret)
	must(c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket}))
	large := make([]byte, 17<<20+3)
	must(rand.Read(large))
	get := func(name string, asked s3.GetObjectInput) []byte {
		asked.Bucket, asked.Key = bucket, aws.String(name)
		out := must(c.GetObject(ctx, &asked))
		defer out.Body.Close()
		return must(io.ReadAll(out.Body))
	}
	for _, algorithm := range types.ChecksumAlgorithm("").Values()[:5] {
		name := "odd/ünï & plus+ " + string(algorithm)
		must(c.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: &name, Body: bytes.NewReader([]byte("small")),
			ChecksumAlgorithm: algorithm, Metadata: map[string]string{"ticket": "17"}, ContentType: aws.String("text/plain")}))
		found := must(c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: &name, ChecksumMode: types.ChecksumModeEnabled}))
		demand(*found.ContentLength == 5 && found.Metadata["ticket"] == "17", "head of "+name)
		demand(bytes.Equal(get(name, s3.GetObjectInput{ChecksumMode: types.ChecksumModeEnabled}), []byte("small")), name)
		if algorithm == types.ChecksumAlgorithmCrc64nvme {
			continue // full objects alone
		}
		up := manager.NewUploader(c, func(u *manager.Uploader) { u.PartSize = 5 << 20 })
		name = "large " + string(algorithm)
		must(up.Upload(ctx, &s3.PutObjectInput{Bucket: bucket, Key: &name, Body: bytes.NewReader(large), ChecksumAlgorithm: algorithm}))
		back := manager.NewWriteAtBuffer(nil)
		must(manager.NewDownloader(c, func(d *manager.Downloader) { d.PartSize = 5 << 20 }).Download(ctx, back,
			&s3.GetObjectInput{Bucket: bucket, Key: &name}))
		demand(bytes.Equal(back.Bytes(), large), name)
	}
	ranged := get("large CRC32", s3.GetObjectInput{Range: aws.String("bytes=65470-65569")})
	demand(bytes.Equal(ranged, large[65470:65570]), "range")
	stream := must(c.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String("lock"), Body: bytes.NewReader(nil),
		IfNoneMatch: aws.String("*")}))
	_, err := c.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String("lock"), Body: bytes.NewReader(nil),
		IfNoneMatch: aws.String("*")})
	demand(code(err) == "PreconditionFailed", code(err))
	must(c.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String("lock"), Body: bytes.NewReader([]byte("2")),
		IfMatch: stream.ETag}))
	must(c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: bucket, Key: aws.String("copied"),
		CopySource: aws.String(*bucket + "/large%20CRC32")}))
	demand(bytes.Equal(get("copied", s3.GetObjectInput{}), large), "copied")
	link := must(s3.NewPresignClient(c).PresignGetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("lock")},
		s3.WithPresignExpires(time.Minute)))
	answer := must(http.Get(link.URL))
	demand(answer.StatusCode == 200 && string(must(io.ReadAll(answer.Body))) == "2", "link")
	_, err = c.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("nothing")})
	demand(code(err) == "NoSuchKey", code(err))
	_, err = client(endpoint, key, "wrong").ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket})
	demand(code(err) == "SignatureDoesNotMatch", code(err))
	var all []types.ObjectIdentifier
	pages := s3.NewListObjectsV2Paginator(c, &s3.ListObjectsV2Input{Bucket: bucket, MaxKeys: aws.Int32(4)})
	for pages.HasMorePages() {
		for _, one := range must(pages.NextPage(ctx)).Contents {
			all = append(all, types.ObjectIdentifier{Key: one.Key})
		}
	}
	demand(len(all) == 11, fmt.Sprint(len(all)))
	gone := must(c.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{Objects: all}}))
	demand(len(gone.Errors) == 0, "not all deleted")
	must(c.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: bucket}))
	fmt.Println("judged")
}
