// What a program in JavaScript asks of S3, by the AWS SDK v3. Usage: node judge.mjs ENDPOINT KEY SECRET BUCKET
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import {
  CopyObjectCommand, CreateBucketCommand, DeleteBucketCommand, DeleteObjectsCommand, GetObjectCommand,
  HeadObjectCommand, PutObjectCommand, S3Client, paginateListObjectsV2,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const [endpoint, accessKeyId, secretAccessKey, Bucket] = process.argv.slice(2);
const clientOf = (secret) => new S3Client({
  endpoint, region: "eu-central-1", forcePathStyle: true, maxAttempts: 1,
  credentials: { accessKeyId, secretAccessKey: secret },
});
const s3 = clientOf(secretAccessKey);
const ask = (command) => s3.send(command);
const bytes = async (asked) => Buffer.from(await (await ask(new GetObjectCommand({ Bucket, ...asked }))).Body.transformToByteArray());
const nameOf = async (asked) => { try { await asked; } catch (error) { return error.name; } return "ok"; };

await ask(new CreateBucketCommand({ Bucket }));
const large = randomBytes(17 * 1024 * 1024 + 3);
for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME"]) {
  let Key = `odd/ünï & plus+ ${ChecksumAlgorithm}`;
  await ask(new PutObjectCommand({ Bucket, Key, Body: "small", ChecksumAlgorithm, Metadata: { ticket: "17" } }));
  const head = await ask(new HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
  assert.equal(head.ContentLength, 5);
  assert.equal(head.Metadata.ticket, "17");
  assert.ok(head[`Checksum${ChecksumAlgorithm}`], Key);
  assert.equal((await bytes({ Key, ChecksumMode: "ENABLED" })).toString(), "small");
  Key = `large ${ChecksumAlgorithm}`;
  const Body = Readable.from((function* () { for (let at = 0; at < large.length; at += 65_537) yield large.subarray(at, at + 65_537); })());
  await new Upload({ client: s3, params: { Bucket, Key, Body, ChecksumAlgorithm }, partSize: 5 * 1024 * 1024 }).done();
  assert.ok((await bytes({ Key, ChecksumMode: "ENABLED" })).equals(large), Key);
}
assert.ok((await bytes({ Key: "large CRC32", Range: "bytes=65470-65569" })).equals(large.subarray(65_470, 65_570)));
const lock = await ask(new PutObjectCommand({ Bucket, Key: "lock", Body: "", IfNoneMatch: "*" }));
assert.equal(await nameOf(ask(new PutObjectCommand({ Bucket, Key: "lock", Body: "", IfNoneMatch: "*" }))), "PreconditionFailed");
await ask(new PutObjectCommand({ Bucket, Key: "lock", Body: "2", IfMatch: lock.ETag }));
await ask(new CopyObjectCommand({ Bucket, Key: "copied", CopySource: `${Bucket}/large%20CRC32` }));
assert.ok((await bytes({ Key: "copied" })).equals(large));
const link = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: "lock" }), { expiresIn: 60 });
assert.equal(await (await fetch(link)).text(), "2");
assert.equal(await nameOf(bytes({ Key: "nothing" })), "NoSuchKey");
assert.equal(await nameOf(clientOf("wrong").send(new GetObjectCommand({ Bucket, Key: "lock" }))), "SignatureDoesNotMatch");
const Objects = [];
for await (const page of paginateListObjectsV2({ client: s3, pageSize: 4 }, { Bucket })) Objects.push(...page.Contents.map(({ Key }) => ({ Key })));
assert.equal(Objects.length, 12);
assert.equal((await ask(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))).Errors, undefined);
await ask(new DeleteBucketCommand({ Bucket }));
console.log("judged");
