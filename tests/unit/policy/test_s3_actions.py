import json

import pytest

from custodes.acts.objects.rules import policed
from custodes.kernel.refusal import Refusal
from custodes.policy.bucket_policy import Said, ask, read_policy
from custodes.policy.s3_actions import ACTIONS, demand_actions
from unit.policy.test_bucket_policy import asked, one


def read(*actions):
    return read_policy(
        json.dumps({"Version": "2012-10-17", "Statement": one(action=list(actions))}).encode(), "files"
    )


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:getobject", "s3:Get*", "s3:*", "*", "s3:???Object"])
def test_what_s3_knows_is_taken(action):
    demand_actions(read(action))


@pytest.mark.parametrize(
    "action", ["s3:GetObjekt", "s3:Fetch*", "s3:GetObjectTaggingVersion", "s3:HeadObject"]
)
def test_what_s3_does_not_know_is_refused_and_read_where_it_was_stored(action):
    with pytest.raises(Refusal, match="policy-malformed") as caught:
        demand_actions(read("s3:GetObject", action))
    assert action in str(caught.value.facts["detail"])
    assert ask(read("s3:GetObject", action), asked())[0] is Said.ALLOW


def test_what_a_question_is_called_is_an_action_of_s3s():
    """A name that S3 does not have could stand in no policy: the question would be answered by nothing."""
    called = {*policed._BY_ACTION.values(), *policed._BY_OPERATION.values(), *policed._OWN_NAME}
    called |= {policed._of_version(name) for name in policed._VERSIONED}
    assert called - ACTIONS == set()
