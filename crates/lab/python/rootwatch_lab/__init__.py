"""AWS in a box: moto's server (Apache-2.0, pinned in `moto.txt`) and what it lacks.

`python -m rootwatch_lab` is a fork server: it loads all of it once, and then only waits to be forked. A
lab is a fork of that process, and a fork of a lab is a second lab with the same state.

__main__.py      the fork server
forks.py         a fork for each connection, which ends when the connection does
serving.py       one lab: what a fork does
state.py         one lock over moto's state; threads for what happens after an answer; the fork, for which
                 nothing may be under way
warm.py          first calls to each service, so that no fork loads models and routes
cached.py        what moto works out anew at each call

Each other file takes the place of some functions of moto; this is all that differs from it.

front.py         every API call is named, logged, delayed and failed on demand; GetFunction has tags
                 only for who may list them (Lambda API)
requests.py      a request that AWS's models do not allow is refused as AWS refuses it: required members,
                 types, enums, lengths, ranges, patterns, in every protocol (after botocore's service
                 models, which are AWS's own; codes after what callers of each service have met).
                 Members that a model does not have are refused too, where most services leave them
                 unread
shapes.py        those models, compiled
javaregex.py     their patterns: Java's regular expressions
faults.py        error answers in the protocol of the service; calls that are held; entries that fail in a
                 success; answers that are a proxy's, empty or cut short
truths.py        what AWS says only for a while, lost answers and late lists, all drawn from one seed;
                 truths.json has the answers with their sources: retry conditions of Terraform's AWS
                 provider, threads of its and other tools' users, AWS's own documentation
stale.py         reads that lag behind writes
control.py       the paths under /lab/ by which tests see and steer
snapshot.py      a listing of everything there is
regions.py       Account Management's ListRegions, for others with trusted access alone; accounts turn opt-in
                 regions on and off
trails.py        members see the organization's trails; what a trail logs by default
clock.py         a test turns the clock: what has happened is longer ago, and schedules fire
schedules.py     rules' schedules: rates, which fire when the clock is turned; what is no rate is refused
                 (EventBridge guide, "Rate expressions")
alarms.py        alarms on queues' depth, functions' errors and rules' invocations change state by
                 themselves, and tell topics; one of another unit has no data (CloudWatch API)
metrics.py       GetMetricData: queues' depth and age, functions' invocations and errors as they really
                 are; periods at whole multiples of their length
logs.py          the first page of FilterLogEvents is empty; an account's retention policy wins over
                 what is set at a group (CloudWatch Logs API, PutAccountPolicy)
cbor.py          CloudWatch in Smithy RPC v2 CBOR
accounts.py      a 12-digit access key id is the account; roles' and trust policies are asked;
                 a new role is not visible at once; keys of its tags have no case (IAM guide)
authorize.py     what a function calls is authorized: its role must allow each call, on its resource
policies.py      evaluates policy documents with their conditions
keys.py          KMS: services that a key's policy leaves out cannot send to what is under it; the keys
                 that AWS manages serve no other service (SQS, SNS and EventBridge guides)
authority.py     whether a caller may make a call: the organization's SCPs, the policies of an assumed role, and
                 the policies that a test sets for an account's operator (IAM guide)
roles.py         a role is assumed only if it exists and its trust policy lets the caller in; each account of the
                 organization has the default role, which trusts the management account alone, and
                 `rootwatch-reader`, which trusts the hub's (STS API, AssumeRole; Organizations guide)
asked.py         what a call asks for: action, resources, condition keys (Service Authorization Reference)
scps.py          quotas and refusals of the organization's policies (Organizations API)
organization.py  StackSets' service principal; members may not read the organization unless
                 they are delegated administrators; accounts' moves are told to StackSets; the
                 first page of ListRoots is empty (Organizations API)
patterns.py      event patterns: arrays of objects, every content filter, checks; TestEventPattern
events.py        Lambda, SQS, SNS and bus targets, asynchronously; DISABLED is silent; read-only
                 management events only in ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS; bus
                 policies and target roles are asked; forwarded events keep account and region and
                 hop once; retries and dead-letter queues; `aws.` sources are refused; PutPermission
                 replaces the policy, or adds a statement for everybody; tags are of an ARN, and not
                 of every rule of that name; PutTargets checks bus
                 targets; a bus with rules stays; a bus whose key leaves EventBridge out loses its
                 events; a target with a role acts as that role
functions.py     runs packages; Pending and InProgress; permissions, also of URLs; asynchronous retries,
                 destinations, dead-letter queues; LoggingConfig, KMSKeyArn, a concurrency of 0; logs
                 go to an existing log group; a role made again under its name cannot decrypt the
                 environment until the function is given it again, and KMS knows a new role late
                 (Lambda and IAM guides; hashicorp/terraform-provider-aws#4633); 4 KB of environment as
                 JSON (github-aws-runners/terraform-aws-github-runner#3594)
sandbox.py       the Lambda Runtime API, for a `bootstrap`, or with python_runtime.py for a handler in
                 Python
mappings.py      SQS event source mappings: states, checks, batches, windows, partial failures; what no
                 filter takes is deleted (Lambda guide)
topics.py        subscriptions by e-mail and http are pending until confirmed; a mailbox; message
                 structure; subjects; queue policies; dead subscribers do not fail a Publish; links in
                 mails unsubscribe, unless that needs authentication (SNS API, ConfirmSubscription)
queues.py        safe under threads; QueueDeletedRecently; queue policies, which stay when other
                 attributes are set; a redrive policy without spaces; one encryption at a time, sizes
                 in bytes, redrive permissions (SQS API, SetQueueAttributes)
stacks.py        rollback, updates in place, changed conditions, capabilities, parameters, `!GetAtt` lists;
                 termination protection; no deletion while an update is in progress;
                 AWS::SQS::QueuePolicy, AWS::SNS::TopicPolicy, AWS::Events::EventBusPolicy
stacksets.py     service-managed StackSets: trusted access, delegated administrators, OUs,
                 operations that take time, results, failures, tolerance, updates, deletion,
                 drift, auto-deployment, paging, regions that are off in an account, accounts that
                 are suspended or have left the organization; an account that moves between two
                 targets, where the new unit's creation comes before the old one's deletion
                 (aws-cloudformation/cloudformation-coverage-roadmap#2427, #2426); a deletion from one
                 of the topmost units ends its automatic deployment (CloudFormation guide)
generated.py     an organization of any size from a formula, where moto's objects would be too many
"""

from __future__ import annotations


def install() -> None:
    """Puts everything in place; moto is loaded here."""
    from . import (
        accounts,
        alarms,
        cached,
        events,
        functions,
        generated,
        logs,
        mappings,
        metrics,
        organization,
        queues,
        schedules,
        scps,
        stack_events,
        stacks,
        stacksets,
        topics,
        trails,
    )

    for module in (
        cached,
        accounts,
        organization,
        scps,
        queues,
        topics,
        events,
        schedules,
        functions,
        mappings,
        stacks,
        stack_events,
        stacksets,
        alarms,
        metrics,
        logs,
        trails,
        generated,
    ):
        module.install()
