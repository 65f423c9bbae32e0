"""The actions that S3's policies may name: whoever names another one has misspelt it, and is told so.

A misspelt action in a *Deny* would deny nothing, and its author would rest on it. Source: AWS Service
Authorization Reference, "Actions, resources, and condition keys for Amazon S3", as of 2026-11. Most of them
are of no use here: what is not served is never asked. A policy that was stored before is read as it was.
"""

from collections.abc import Iterable

from custodes.kernel.refusal import malformed

from .bucket_policy import BucketPolicy, like

_NAMES = """
    AbortMultipartUpload AssociateAccessGrantsIdentityCenter BypassGovernanceRetention CreateAccessGrant
    CreateAccessGrantsInstance CreateAccessGrantsLocation CreateAccessPoint
    CreateAccessPointForObjectLambda CreateBucket CreateBucketMetadataTableConfiguration CreateJob
    CreateMultiRegionAccessPoint CreateStorageLensGroup DeleteAccessGrant DeleteAccessGrantsInstance
    DeleteAccessGrantsInstanceResourcePolicy DeleteAccessGrantsLocation DeleteAccessPoint
    DeleteAccessPointForObjectLambda DeleteAccessPointPolicy DeleteAccessPointPolicyForObjectLambda
    DeleteBucket DeleteBucketMetadataTableConfiguration DeleteBucketPolicy DeleteBucketWebsite
    DeleteJobTagging DeleteMultiRegionAccessPoint DeleteObject DeleteObjectTagging DeleteObjectVersion
    DeleteObjectVersionTagging DeleteStorageLensConfiguration DeleteStorageLensConfigurationTagging
    DeleteStorageLensGroup DescribeJob DescribeMultiRegionAccessPointOperation
    DissociateAccessGrantsIdentityCenter GetAccelerateConfiguration GetAccessGrant
    GetAccessGrantsInstance GetAccessGrantsInstanceForPrefix GetAccessGrantsInstanceResourcePolicy
    GetAccessGrantsLocation GetAccessPoint GetAccessPointConfigurationForObjectLambda
    GetAccessPointForObjectLambda GetAccessPointPolicy GetAccessPointPolicyForObjectLambda
    GetAccessPointPolicyStatus GetAccessPointPolicyStatusForObjectLambda GetAccountPublicAccessBlock
    GetAnalyticsConfiguration GetBucketAbac GetBucketAcl GetBucketCORS GetBucketLocation
    GetBucketLogging GetBucketMetadataTableConfiguration GetBucketNotification
    GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus
    GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging GetBucketVersioning
    GetBucketWebsite GetDataAccess GetEncryptionConfiguration GetIntelligentTieringConfiguration
    GetInventoryConfiguration GetJobTagging GetLifecycleConfiguration GetMetricsConfiguration
    GetMultiRegionAccessPoint GetMultiRegionAccessPointPolicy GetMultiRegionAccessPointPolicyStatus
    GetMultiRegionAccessPointRoutes GetObject GetObjectAcl GetObjectAttributes GetObjectLegalHold
    GetObjectRetention GetObjectTagging GetObjectTorrent GetObjectVersion GetObjectVersionAcl
    GetObjectVersionAttributes GetObjectVersionForReplication GetObjectVersionTagging
    GetObjectVersionTorrent GetReplicationConfiguration GetStorageLensConfiguration
    GetStorageLensConfigurationTagging GetStorageLensDashboard GetStorageLensGroup InitiateReplication
    ListAccessGrants ListAccessGrantsInstances ListAccessGrantsLocations ListAccessPoints
    ListAccessPointsForObjectLambda ListAllMyBuckets ListBucket ListBucketMultipartUploads
    ListBucketVersions ListCallerAccessGrants ListJobs ListMultiRegionAccessPoints
    ListMultipartUploadParts ListStorageLensConfigurations ListStorageLensGroups ListTagsForResource
    ObjectOwnerOverrideToBucketOwner PauseReplication PutAccelerateConfiguration
    PutAccessGrantsInstanceResourcePolicy PutAccessPointConfigurationForObjectLambda
    PutAccessPointPolicy PutAccessPointPolicyForObjectLambda PutAccessPointPublicAccessBlock
    PutAccountPublicAccessBlock PutAnalyticsConfiguration PutBucketAbac PutBucketAcl PutBucketCORS
    PutBucketLogging PutBucketNotification PutBucketObjectLockConfiguration PutBucketOwnershipControls
    PutBucketPolicy PutBucketPublicAccessBlock PutBucketRequestPayment PutBucketTagging
    PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration PutIntelligentTieringConfiguration
    PutInventoryConfiguration PutJobTagging PutLifecycleConfiguration PutMetricsConfiguration
    PutMultiRegionAccessPointPolicy PutObject PutObjectAcl PutObjectLegalHold PutObjectRetention
    PutObjectTagging PutObjectVersionAcl PutObjectVersionTagging PutReplicationConfiguration
    PutStorageLensConfiguration PutStorageLensConfigurationTagging ReplicateDelete ReplicateObject
    ReplicateTags RestoreObject SubmitMultiRegionAccessPointRoutes TagResource UntagResource
    UpdateAccessGrantsLocation UpdateBucketMetadataInventoryTableConfiguration
    UpdateBucketMetadataJournalTableConfiguration UpdateJobPriority UpdateJobStatus
    UpdateObjectEncryption UpdateStorageLensGroup
"""
ACTIONS = frozenset(_NAMES.split())
_KNOWN = tuple(f"s3:{name}".lower() for name in sorted(ACTIONS))


def demand_actions(policy: BucketPolicy) -> BucketPolicy:
    """The policy, if each action it names, or pattern of them, is one of S3's; `policy-malformed`."""
    for one in dict.fromkeys(named for statement in policy.statements for named in statement.actions):
        if not _is_known(one.lower(), _KNOWN):
            raise malformed("policy-malformed", detail=f"Policy has invalid action: {one[:64]}")
    return policy


def _is_known(named: str, known: Iterable[str]) -> bool:
    return named == "*" or any(like(named, one) for one in known)
