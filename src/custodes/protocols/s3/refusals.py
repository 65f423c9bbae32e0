"""Refusals in S3's words: one table from our codes, one from our kinds.

Source: S3 API Reference, "Error responses: list of error codes". A code that is not in the first table is
answered by its kind. `broken` never carries text of its own. A test walks every kind, and another keeps
the table in docs/protocols/s3.md equal to this one.
"""

from types import MappingProxyType

import msgspec

from custodes.kernel.refusal import Kind, Refusal

from .xml import document, element


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a refusal is said: status, S3 error code, message."""

    status: int
    code: str
    message: str


def _said(status: int, code: str, message: str) -> Said:
    return Said(status=status, code=code, message=message)


KINDS = MappingProxyType(
    {
        Kind.MALFORMED: _said(400, "InvalidRequest", "The request is not valid."),
        Kind.UNAUTHENTICATED: _said(403, "AccessDenied", "Access Denied"),
        Kind.DENIED: _said(403, "AccessDenied", "Access Denied"),
        Kind.ABSENT: _said(404, "NoSuchKey", "The specified key does not exist."),
        Kind.CONFLICT: _said(409, "OperationAborted", "A conflicting operation is in progress. Try again."),
        Kind.LOCKED: _said(403, "AccessDenied", "Access is locked until somebody opens it."),
        Kind.LIMITED: _said(503, "SlowDown", "Please reduce your request rate."),
        Kind.UNAVAILABLE: _said(503, "ServiceUnavailable", "Please try again."),
        Kind.BROKEN: _said(500, "InternalError", "We encountered an internal error. Please try again."),
    }
)

_NOT_UNDERSTOOD = "The request's target, headers or framing are not valid."
_SIGV4_ONLY = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
_PRESIGNED = "A query parameter of the signature is missing, repeated or not valid."
_TOO_LATE = "The difference between the request time and the current time is too large."
_TAG = (
    "A tag is not valid: at most 10 of an object and 50 of a bucket, each key once, 128 and 256 characters "
    "at most, of letters, numbers, spaces and + - = . _ : / @"
)
_DIGEST = "The {0} you specified did not match what we received."
_RANGE = "The requested range is not satisfiable"
_PART = "Part number must be an integer between 1 and 10000, inclusive"

_CONFLICT = "Every use is stopped: a witness of this installation's log was shown another one. Do not retry."
_UNWITNESSED = "No quorum of witnesses has vouched for this installation's log lately. Please try again."
_KILLED = "Every use is stopped by a kill, until two officers of two organisations lift it."

CODES = MappingProxyType(
    {
        # head and target
        "method-malformed": _said(400, "InvalidRequest", _NOT_UNDERSTOOD),
        "target-malformed": _said(400, "InvalidURI", "Couldn't parse the specified URI."),
        "target-too-long": _said(400, "InvalidURI", "The specified URI is too long."),
        "headers-too-large": _said(
            400, "RequestHeaderSectionTooLarge", "Your request headers are too large."
        ),
        "evidence-too-large": _said(
            400, "RequestHeaderSectionTooLarge", "Your request headers are too large."
        ),
        "header-malformed": _said(400, "InvalidRequest", _NOT_UNDERSTOOD),
        "header-repeated": _said(400, "InvalidRequest", "A header that may be sent once was sent twice."),
        "framing-ambiguous": _said(400, "InvalidRequest", _NOT_UNDERSTOOD),
        "method-not-allowed": _said(
            405, "MethodNotAllowed", "The specified method is not allowed against this resource."
        ),
        "operation-not-served": _said(
            501, "NotImplemented", "A parameter you provided implies functionality that is not implemented."
        ),
        "header-not-served": _said(
            501, "NotImplemented", "A header you provided implies functionality that is not implemented."
        ),
        "marks-conflict": _said(400, "InvalidArgument", "Conflicting query string parameters."),
        "range-and-part": _said(
            400, "InvalidRequest", "Cannot specify both Range header and partNumber query parameter"
        ),
        "argument-repeated": _said(400, "InvalidArgument", "A parameter was given more than once."),
        "argument-invalid": _said(400, "InvalidArgument", "An argument is not valid."),
        # who asks
        "not-signed": _said(403, "AccessDenied", "Access Denied: requests must be signed."),
        "answer-not-chosen": _said(
            400,
            "InvalidRequest",
            "Response headers cannot be chosen by a request that is not signed.",
        ),
        "sigv2-not-served": _said(400, "InvalidRequest", _SIGV4_ONLY),
        "sigv4a-not-served": _said(400, "InvalidRequest", _SIGV4_ONLY),
        "token-not-served": _said(
            400, "InvalidToken", "The provided token is malformed or otherwise invalid."
        ),
        "two-signatures": _said(400, "InvalidArgument", "Only one auth mechanism allowed."),
        "authorization-malformed": _said(
            400, "AuthorizationHeaderMalformed", "The authorization header is malformed."
        ),
        "scope-malformed": _said(
            400, "AuthorizationHeaderMalformed", "The credential scope is not for S3 and this day."
        ),
        "presigned-malformed": _said(400, "AuthorizationQueryParametersError", _PRESIGNED),
        "expires-invalid": _said(
            400,
            "AuthorizationQueryParametersError",
            "X-Amz-Expires must be between 1 and 604800 seconds.",
        ),
        "date-malformed": _said(
            403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date."
        ),
        "payload-mark-missing": _said(
            400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256"
        ),
        "payload-mark-invalid": _said(
            400, "InvalidArgument", "x-amz-content-sha256 must be a payload mark or a SHA-256 in hex."
        ),
        "headers-not-signed": _said(
            403, "AccessDenied", "There were headers present in the request which were not signed"
        ),
        "signed-header-absent": _said(
            403, "SignatureDoesNotMatch", "A header that was signed is not in the request."
        ),
        "claim-malformed": _said(400, "InvalidRequest", _NOT_UNDERSTOOD),
        "request-time-skewed": _said(403, "RequestTimeTooSkewed", _TOO_LATE),
        "request-expired": _said(403, "AccessDenied", "Request has expired"),
        "access-key-unknown": _said(
            403, "InvalidAccessKeyId", "The access key id you provided does not exist in our records."
        ),
        "signature-differs": _said(
            403, "SignatureDoesNotMatch", "The request signature we calculated does not match yours."
        ),
        "chunk-signature-differs": _said(
            403, "SignatureDoesNotMatch", "The signature of a chunk does not match what we calculated."
        ),
        "trailer-signature-differs": _said(
            403, "SignatureDoesNotMatch", "The signature of the trailer does not match what we calculated."
        ),
        # body
        "body-length-missing": _said(
            411, "MissingContentLength", "You must provide the Content-Length HTTP header."
        ),
        "body-length-invalid": _said(400, "InvalidArgument", "The length of the body is not a valid number."),
        "body-too-large": _said(
            400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"
        ),
        "body-incomplete": _said(
            400, "IncompleteBody", "You did not provide the number of bytes you announced."
        ),
        "body-overlong": _said(400, "InvalidRequest", "The body is longer than announced."),
        "body-not-expected": _said(400, "InvalidRequest", "This operation takes no body."),
        "body-truncated": _said(
            400, "IncompleteBody", "You did not provide the number of bytes you announced."
        ),
        "slow-body": _said(
            400, "RequestTimeout", "Your socket connection was not read from or written to in time."
        ),
        "chunk-malformed": _said(400, "IncompleteBody", "The chunked body is not well formed or not whole."),
        "chunk-too-large": _said(400, "InvalidChunkSizeError", "A chunk is larger than is allowed."),
        "chunk-too-small": _said(
            400, "InvalidChunkSizeError", "Only the last chunk may be smaller than 8192 bytes."
        ),
        "trailer-malformed": _said(
            400, "MalformedTrailerError", "The request contained trailing data that was not well-formed."
        ),
        "body-hash-differs": _said(400, "XAmzContentSHA256Mismatch", _DIGEST.format("x-amz-content-sha256")),
        "md5-differs": _said(400, "BadDigest", _DIGEST.format("Content-MD5")),
        "md5-malformed": _said(400, "InvalidDigest", "The Content-MD5 you specified is not valid."),
        "checksum-differs": _said(400, "BadDigest", _DIGEST.format("checksum")),
        "checksum-malformed": _said(400, "BadDigest", "A checksum value is not valid."),
        "checksum-type-differs": _said(
            400, "InvalidRequest", "The checksum type is not the one the upload was opened with."
        ),
        "checksum-algorithm-differs": _said(
            400, "InvalidRequest", "The checksum algorithm is not the one the upload was opened with."
        ),
        "checksum-twice": _said(400, "InvalidRequest", "Expecting a single x-amz-checksum- header"),
        "checksum-missing": _said(
            400, "InvalidRequest", "A checksum algorithm was named, but no checksum was sent."
        ),
        "checksum-algorithm-unsupported": _said(
            400, "InvalidRequest", "The checksum algorithm is not supported."
        ),
        "checksum-type-unsupported": _said(
            400, "InvalidRequest", "The checksum type cannot be used with the algorithm."
        ),
        "xml-malformed": _said(
            400, "MalformedXML", "The XML you provided was not well-formed or did not validate."
        ),
        # names and arguments
        "bucket-name-invalid": _said(400, "InvalidBucketName", "The specified bucket is not valid."),
        "key-empty": _said(400, "InvalidArgument", "A key has at least one character."),
        "key-too-long": _said(400, "KeyTooLongError", "Your key is too long"),
        "key-not-utf8": _said(400, "InvalidURI", "A key must be UTF-8."),
        "key-holds-nul": _said(400, "InvalidArgument", "A key cannot hold U+0000."),
        "metadata-too-large": _said(
            400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size"
        ),
        "version-id-invalid": _said(400, "InvalidArgument", "Invalid version id specified"),
        "copy-source-invalid": _said(
            400, "InvalidArgument", "Copy Source must mention the source bucket and key"
        ),
        "copy-range-invalid": _said(
            400, "InvalidArgument", "x-amz-copy-source-range must be of the form bytes=first-last"
        ),
        "copy-onto-itself": _said(
            400,
            "InvalidRequest",
            "This copy request is illegal: it copies an object to itself without changing it.",
        ),
        "part-number-invalid": _said(400, "InvalidArgument", _PART),
        "part-absent": _said(416, "InvalidPartNumber", "The requested partnumber is not satisfiable"),
        "upload-invalid": _said(404, "NoSuchUpload", "The specified upload does not exist."),
        "etag-malformed": _said(400, "InvalidArgument", "An entity tag is not valid."),
        "range-not-satisfiable": _said(416, "InvalidRange", _RANGE),
        "token-invalid": _said(400, "InvalidArgument", "The continuation token provided is incorrect"),
        "max-keys-invalid": _said(
            400, "InvalidArgument", "A maximum must be an integer between 0 and 2147483647"
        ),
        "encoding-type-invalid": _said(
            400, "InvalidArgument", "Invalid Encoding Method specified in Request"
        ),
        "versioning-status-invalid": _said(
            400, "MalformedXML", "The XML you provided was not well-formed or did not validate."
        ),
        "location-invalid": _said(
            400, "InvalidLocationConstraint", "The specified location constraint is not valid"
        ),
        "redirect-location-invalid": _said(
            400,
            "InvalidRedirectLocation",
            "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
        ),
        "storage-class-invalid": _said(
            400, "InvalidStorageClass", "The storage class you specified is not valid"
        ),
        "too-many-keys": _said(400, "MalformedXML", "At most 1000 keys in one request."),
        # what is there
        "bucket-absent": _said(404, "NoSuchBucket", "The specified bucket does not exist"),
        "key-absent": _said(404, "NoSuchKey", "The specified key does not exist."),
        "version-absent": _said(404, "NoSuchVersion", "The specified version does not exist."),
        "version-is-marker": _said(
            405, "MethodNotAllowed", "The specified method is not allowed against this resource."
        ),
        "upload-absent": _said(404, "NoSuchUpload", "The specified upload does not exist."),
        "bucket-is-yours": _said(
            409, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded."
        ),
        "bucket-name-taken": _said(
            409, "BucketAlreadyExists", "The requested bucket name is not available. Please select another."
        ),
        "bucket-not-empty": _said(409, "BucketNotEmpty", "The bucket you tried to delete is not empty"),
        "not-modified": _said(304, "NotModified", "Not Modified"),
        "precondition-failed": _said(
            412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"
        ),
        "conditional-conflict": _said(
            409, "ConditionalRequestConflict", "Another request was in the way of yours. Try again."
        ),
        # multipart
        "part-invalid": _said(
            400, "InvalidPart", "One or more of the specified parts could not be found or its ETag differs."
        ),
        "part-order-invalid": _said(400, "InvalidPartOrder", "The list of parts was not in ascending order."),
        "part-too-small": _said(
            400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"
        ),
        "object-too-large": _said(
            400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"
        ),
        "object-size-invalid": _said(400, "InvalidRequest", "x-amz-mp-object-size is no size."),
        "object-size-differs": _said(
            400, "InvalidRequest", "The object's size is not the one announced in x-amz-mp-object-size."
        ),
        # forms
        "form-malformed": _said(
            400,
            "MalformedPOSTRequest",
            "The body of your POST request is not well-formed multipart/form-data.",
        ),
        "form-too-large": _said(
            400,
            "MaxPostPreDataLengthExceededError",
            "Your POST request fields preceding the file were too large.",
        ),
        "policy-document-malformed": _said(400, "InvalidPolicyDocument", "The policy is not valid."),
        "form-forbidden": _said(403, "AccessDenied", "Invalid according to Policy: Policy Condition failed"),
        "body-too-small": _said(
            400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"
        ),
        # what buckets and versions are told
        "cors-absent": _said(404, "NoSuchCORSConfiguration", "The CORS configuration does not exist"),
        "cors-rule-invalid": _said(400, "InvalidRequest", "A CORS rule is not valid."),
        "cors-forbidden": _said(403, "AccessForbidden", "CORSResponse: this CORS request is not allowed."),
        "preflight-incomplete": _said(
            400, "BadRequest", "Insufficient information. Origin and Access-Control-Request-Method needed."
        ),
        "lifecycle-absent": _said(
            404, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"
        ),
        "inventory-absent": _said(404, "NoSuchConfiguration", "The specified configuration does not exist."),
        "inventory-invalid": _said(400, "InvalidArgument", "The inventory configuration is not valid."),
        "inventories-too-many": _said(
            400,
            "TooManyConfigurations",
            "You are attempting to create a new configuration but have reached the limit",
        ),
        "lifecycle-rule-invalid": _said(400, "InvalidArgument", "A lifecycle rule is not valid."),
        "transition-not-served": _said(
            400, "InvalidArgument", "There is one storage class; objects cannot be moved to another."
        ),
        "tags-absent": _said(404, "NoSuchTagSet", "The TagSet does not exist"),
        "tagging-malformed": _said(
            400,
            "InvalidArgument",
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters "
            "without tag name duplicates.",
        ),
        "tag-invalid": _said(400, "InvalidTag", _TAG),
        "encryption-absent": _said(
            404,
            "ServerSideEncryptionConfigurationNotFoundError",
            "The server side encryption configuration was not found",
        ),
        "encryption-unsupported": _said(
            400, "InvalidArgument", "The encryption method specified is not supported."
        ),
        "sse-invalid": _said(400, "InvalidArgument", "The encryption asked for is not possible here."),
        "customer-key-invalid": _said(
            400, "InvalidArgument", "A customer-provided key needs its algorithm, key and MD5 together."
        ),
        "customer-key-needed": _said(
            400, "InvalidRequest", "The object was stored under a customer-provided key: send it."
        ),
        "customer-key-differs": _said(
            400, "InvalidRequest", "The encryption parameters did not match the ones used originally."
        ),
        "owner-differs": _said(403, "AccessDenied", "Access Denied: the bucket has another owner."),
        "kms-key-absent": _said(400, "KMS.NotFoundException", "No key of yours has this id."),
        "ownership-absent": _said(
            404, "OwnershipControlsNotFoundError", "The bucket ownership controls were not found"
        ),
        "public-access-absent": _said(
            404, "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"
        ),
        "policy-absent": _said(404, "NoSuchBucketPolicy", "The bucket policy does not exist"),
        "policy-malformed": _said(400, "MalformedPolicy", "The policy is not valid"),
        "policy-unsupported": _said(400, "MalformedPolicy", "The policy uses what is not supported here"),
        "policy-public": _said(403, "AccessDenied", "The bucket's public access block forbids this policy."),
        "acl-not-supported": _said(
            400, "AccessControlListNotSupported", "The bucket does not allow ACLs other than private."
        ),
        "acl-malformed": _said(
            400,
            "MalformedACLError",
            "The XML you provided was not well-formed or did not validate against our published schema",
        ),
        "acl-said-twice": _said(
            400, "InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed"
        ),
        "acl-missing": _said(400, "MissingSecurityHeader", "Your request was missing a required header"),
        "acl-invalid": _said(400, "InvalidArgument", "The access control list is not valid."),
        "acl-grantee-unknown": _said(
            400, "UnresolvableGrantByEmailAddress", "A grantee is no application of this customer."
        ),
        "acl-with-ownership": _said(
            400,
            "InvalidBucketAclWithObjectOwnership",
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
        ),
        "lock-absent": _said(
            404,
            "ObjectLockConfigurationNotFoundError",
            "Object Lock configuration does not exist for this bucket",
        ),
        "lock-not-enabled": _said(400, "InvalidRequest", "Bucket is missing Object Lock Configuration"),
        "bucket-not-versioned": _said(
            409, "InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply Object Lock"
        ),
        "bucket-locks": _said(
            409,
            "InvalidBucketState",
            "An Object Lock configuration is present on this bucket, so versioning cannot be suspended.",
        ),
        "retention-absent": _said(
            404, "NoSuchObjectLockConfiguration", "The object does not have a ObjectLock configuration"
        ),
        "retention-period-invalid": _said(
            400, "InvalidRetentionPeriod", "The retention period is not between a day and a hundred years."
        ),
        "retention-incomplete": _said(
            400, "InvalidArgument", "Retention mode and date must be given together."
        ),
        "retention-mode-invalid": _said(400, "InvalidArgument", "Unknown retention mode."),
        "retention-in-the-past": _said(
            400, "InvalidArgument", "The retain until date must be in the future!"
        ),
        "retention-date-invalid": _said(
            400, "InvalidArgument", "The retain until date must be provided in ISO 8601 format"
        ),
        "hold-invalid": _said(400, "InvalidArgument", "Legal hold must be either of 'ON' or 'OFF'"),
        "object-locked": _said(403, "AccessDenied", "Access Denied because object protected by object lock."),
        # the installation
        "house-sealed": _said(503, "ServiceUnavailable", "Keys are sealed. Please try again later."),
        "witness-conflict": _said(503, "ServiceUnavailable", _CONFLICT),
        "not-witnessed-lately": _said(503, "ServiceUnavailable", _UNWITNESSED),
        "house-killed": _said(403, "AccessDenied", _KILLED),
        "customer-killed": _said(403, "AccessDenied", _KILLED),
        "destination-unknown": _said(
            400, "InvalidArgument", "Unable to validate the following destination configurations"
        ),
        "event-unknown": _said(400, "InvalidArgument", "The event is not supported for notifications"),
        "notifications-overlap": _said(
            400,
            "InvalidArgument",
            "Configurations overlap: two want the same event of the same names.",
        ),
        "quota-exceeded": _said(403, "QuotaExceeded", "What was asked for does not fit any more."),
        "slow-down": _said(503, "SlowDown", "Please reduce your request rate."),
    }
)


# What policy says of a no, in the words of `policy.words` (a test compares them): its first reason is told.
WHYS = MappingProxyType(
    {
        "policy.house-killed": "A kill stands. It takes a quorum to lift it.",
        "policy.house-sealed": "The keys are sealed.",
        "policy.house-outside-boundary": "The place lies outside the boundary or was not judged.",
        "policy.house-bucket-policy": "The bucket's policy forbids this.",
        "policy.house-outsider-needs-grant": (
            "Only the customer himself reaches his data without a grant. Ask in the lockbox."
        ),
        "policy.house-grant-use-needs-grant": "There is no grant that allows exactly this.",
        "policy.role-missing": "You lack a role that may do this.",
        "policy.not-permitted": "No rule of the customer allows this.",
        "policy.own-rule": "A rule of the customer's own forbids this.",
    }
)


def said(refusal: Refusal) -> Said:
    """The row for a refusal: by its code, else by its kind; `broken` only by its kind."""
    if refusal.kind is Kind.BROKEN:
        return KINDS[Kind.BROKEN]
    return CODES.get(refusal.code) or KINDS[refusal.kind]


def error_document(refusal: Refusal, resource: str, request_id: str) -> bytes:
    """The XML error body. A denied caller is told why (the first of `facts["why"]`, which no stranger's
    refusal has), and who may ask under which reference (`facts["ask"]`); of what is not served, which header.
    """
    row = said(refusal)
    message, facts = row.message, refusal.facts
    ask, header = facts.get("ask"), facts.get("header")
    why = _why(refusal)
    if row.code == "AccessDenied" and isinstance(ask, str):
        message = f"{message}. Ask for access under {ask}"
    elif why:
        message = f"{message.removesuffix('.')}. {why}"
    elif refusal.code == "header-not-served" and isinstance(header, str):
        message = f"{message.removesuffix('.')}: {header}"
    return document(
        "Error",
        element("Code", row.code),
        element("Message", message),
        element("Resource", resource),
        element("RequestId", request_id),
        namespace=None,
    )


def _why(refusal: Refusal) -> str:
    """The reason of policy's that a denied caller is told, or nothing."""
    why = refusal.facts.get("why")
    if refusal.kind not in (Kind.DENIED, Kind.LOCKED) or refusal.code in CODES or not isinstance(why, tuple):
        return ""
    return WHYS.get(why[0], "") if why else ""
