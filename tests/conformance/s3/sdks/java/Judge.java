import java.net.URI;
import java.net.URL;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.*;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** What a program in Java asks of S3, by the AWS SDK v2. Usage: Judge ENDPOINT KEY SECRET BUCKET */
public class Judge {
    static String endpoint, key, bucket;

    static S3Client client(String secret) {
        return S3Client.builder().endpointOverride(URI.create(endpoint)).region(Region.EU_CENTRAL_1).forcePathStyle(true)
            .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(key, secret))).build();
    }

    static void demand(boolean holds, String what) {
        if (!holds) throw new AssertionError(what);
    }

    static String code(Runnable asked) {
        try {
            asked.run();
        } catch (S3Exception error) {
            return error.awsErrorDetails().errorCode();
        }
        return "ok";
    }

    static byte[] part(byte[] all, int n, int size) {
        return Arrays.copyOfRange(all, (n - 1) * size, Math.min(n * size, all.length));
    }

    public static void main(String[] given) throws Exception {
        endpoint = given[0];
        key = given[1];
        bucket = given[3];
        S3Client s3 = client(given[2]);
        s3.createBucket(b -> b.bucket(bucket));
        byte[] large = new byte[17 * 1024 * 1024 + 3];
        new Random(7).nextBytes(large);
        List<ChecksumAlgorithm> four = List.of(ChecksumAlgorithm.CRC32, ChecksumAlgorithm.CRC32_C,
            ChecksumAlgorithm.SHA1, ChecksumAlgorithm.SHA256);
        for (ChecksumAlgorithm algorithm : four) {
            String name = "odd/ünï & plus+ " + algorithm;
            s3.putObject(b -> b.bucket(bucket).key(name).checksumAlgorithm(algorithm).metadata(Map.of("ticket", "17")),
                RequestBody.fromString("small"));
            HeadObjectResponse head = s3.headObject(b -> b.bucket(bucket).key(name).checksumMode(ChecksumMode.ENABLED));
            demand(head.contentLength() == 5 && head.metadata().get("ticket").equals("17"), name);
            demand(s3.getObjectAsBytes(b -> b.bucket(bucket).key(name).checksumMode(ChecksumMode.ENABLED))
                .asUtf8String().equals("small"), name);
            String many = "large " + algorithm;
            String upload = s3.createMultipartUpload(b -> b.bucket(bucket).key(many).checksumAlgorithm(algorithm)).uploadId();
            CompletedPart[] parts = new CompletedPart[4];
            for (int n = 1; n <= 4; n++) {
                int number = n;
                UploadPartResponse sent = s3.uploadPart(b -> b.bucket(bucket).key(many).uploadId(upload).partNumber(number)
                    .checksumAlgorithm(algorithm), RequestBody.fromBytes(part(large, n, 5 << 20)));
                parts[n - 1] = CompletedPart.builder().partNumber(n).eTag(sent.eTag()).checksumCRC32(sent.checksumCRC32())
                    .checksumCRC32C(sent.checksumCRC32C()).checksumSHA1(sent.checksumSHA1())
                    .checksumSHA256(sent.checksumSHA256()).build();
            }
            s3.completeMultipartUpload(b -> b.bucket(bucket).key(many).uploadId(upload).multipartUpload(m -> m.parts(parts)));
            demand(Arrays.equals(s3.getObjectAsBytes(b -> b.bucket(bucket).key(many)).asByteArray(), large), many);
        }
        byte[] range = s3.getObjectAsBytes(b -> b.bucket(bucket).key("large CRC32").range("bytes=65470-65569")).asByteArray();
        demand(Arrays.equals(range, Arrays.copyOfRange(large, 65470, 65570)), "range");
        String etag = s3.putObject(b -> b.bucket(bucket).key("lock").ifNoneMatch("*"), RequestBody.empty()).eTag();
        String twice = code(() -> s3.putObject(b -> b.bucket(bucket).key("lock").ifNoneMatch("*"), RequestBody.empty()));
        demand(twice.equals("PreconditionFailed"), twice);
        s3.putObject(b -> b.bucket(bucket).key("lock").ifMatch(etag), RequestBody.fromString("2"));
        s3.copyObject(b -> b.sourceBucket(bucket).sourceKey("large CRC32").destinationBucket(bucket).destinationKey("copied"));
        demand(Arrays.equals(s3.getObjectAsBytes(b -> b.bucket(bucket).key("copied")).asByteArray(), large), "copied");
        S3Presigner presigner = S3Presigner.builder().endpointOverride(URI.create(endpoint)).region(Region.EU_CENTRAL_1)
            .serviceConfiguration(S3Configuration.builder().pathStyleAccessEnabled(true).build())
            .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(key, given[2]))).build();
        URL link = presigner.presignGetObject(p -> p.signatureDuration(Duration.ofMinutes(1))
            .getObjectRequest(g -> g.bucket(bucket).key("lock"))).url();
        demand(new String(link.openStream().readAllBytes()).equals("2"), "link");
        String nothing = code(() -> s3.getObjectAsBytes(b -> b.bucket(bucket).key("nothing")));
        demand(nothing.equals("NoSuchKey"), nothing);
        String wrong = code(() -> client("wrong").listObjectsV2(b -> b.bucket(bucket)));
        demand(wrong.equals("SignatureDoesNotMatch"), wrong);
        List<ObjectIdentifier> all = s3.listObjectsV2Paginator(b -> b.bucket(bucket).maxKeys(4)).contents().stream()
            .map(one -> ObjectIdentifier.builder().key(one.key()).build()).toList();
        demand(all.size() == 10, "" + all.size());
        demand(s3.deleteObjects(b -> b.bucket(bucket).delete(d -> d.objects(all))).errors().isEmpty(), "not all deleted");
        s3.deleteBucket(b -> b.bucket(bucket));
        System.out.println("judged");
    }
}
