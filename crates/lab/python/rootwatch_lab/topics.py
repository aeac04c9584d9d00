"""SNS: e-mail and http subscriptions wait to be confirmed; every delivery is asynchronous."""

from __future__ import annotations

import json
import threading
import uuid
from typing import Any
from urllib.parse import urlencode

import requests
from moto.core.responses import ActionResult
from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.sns.exceptions import InvalidParameterValue, SNSException, SNSNotFoundError
from moto.sns.models import SNSBackend, Subscription, Topic, sns_backends
from moto.sns.responses import SNSResponse
from moto.utilities.utils import get_partition

from . import accounts, functions, keys, policies, queues
from .faults import delivery_fault
from .state import deliveries, each, lock

_CONFIRMED_BY_PERSON = ("email", "email-json", "http", "https")
_PENDING = "PendingConfirmation"
_AUTHENTICATED = "ConfirmationWasAuthenticated"
_HTTP_TIMEOUT_S = 2

_mail_lock = threading.Lock()
_mail: list[dict[str, Any]] = []


class NotAuthorized(SNSException):
    """AuthorizationError."""

    code = "AuthorizationError"


def mailbox(address: str) -> list[dict[str, Any]]:
    """The mails an address got, oldest first."""
    return [mail for mail in mails() if mail["address"] == address]


def mails() -> list[dict[str, Any]]:
    """Everybody's mails, oldest first."""
    with _mail_lock:
        return [dict(mail) for mail in _mail]


def _post_mail(address: str, topic: Topic, subject: str, body: str, kind: str) -> None:
    mail = {
        "address": address,
        "topic_arn": topic.arn,
        "subject": subject,
        "body": body,
        "kind": kind,
        "at": iso_8601_datetime_with_milliseconds(),
    }
    with _mail_lock:
        _mail.append(mail)


# --- subscribing ------------------------------------------------------------------------


def _is_pending(subscription: Subscription) -> bool:
    return bool(subscription.attributes.get(_PENDING))


def confirm(endpoint: str) -> int:
    """The person clicks the links in every confirmation mail; returns how many there were."""
    count = 0
    for _, _, backend in each(sns_backends):
        for subscription in list(backend.subscriptions.values()):
            if subscription.endpoint == endpoint and _is_pending(subscription):
                subscription.attributes[_PENDING] = False
                count += 1
    return count


def expire(endpoint: str) -> int:
    """Two days pass: subscriptions that nobody confirmed disappear; returns how many."""
    count = 0
    for _, _, backend in each(sns_backends):
        for arn, subscription in list(backend.subscriptions.items()):
            if subscription.endpoint == endpoint and _is_pending(subscription):
                backend.subscriptions.pop(arn)
                count += 1
    return count


def follow_unsubscribe_links(endpoint: str) -> int:
    """Whoever reads the mails follows their links to unsubscribe, as scanners of mail do; returns how many end.

    A subscription that was confirmed with AuthenticateOnUnsubscribe stays (SNS API, ConfirmSubscription).
    """
    count = 0
    for _, _, backend in each(sns_backends):
        for arn, subscription in list(backend.subscriptions.items()):
            open_link = not _is_pending(subscription) and not subscription.attributes.get(
                _AUTHENTICATED
            )
            if subscription.endpoint == endpoint and open_link:
                backend.subscriptions.pop(arn)
                count += 1
    return count


def token(endpoint: str) -> str | None:
    """The token in the confirmation mail that came last."""
    for _, _, backend in each(sns_backends):
        for subscription in reversed(list(backend.subscriptions.values())):
            if subscription.endpoint == endpoint and _is_pending(subscription):
                return str(subscription.__dict__["token"])
    return None


def _subscribe(self: SNSBackend, topic_arn: str, endpoint: str, protocol: str) -> Subscription:
    existing = self._find_subscription(topic_arn, endpoint, protocol)
    subscription = _moto_subscribe(self, topic_arn, endpoint, protocol)
    if protocol not in _CONFIRMED_BY_PERSON:
        return subscription
    if existing is None:
        subscription.attributes[_PENDING] = True
        subscription.attributes[_AUTHENTICATED] = False
        subscription.__dict__["token"] = uuid.uuid4().hex
    if _is_pending(subscription):
        _ask_to_confirm(subscription)
    return subscription


def _link(subscription: Subscription) -> str:
    """As in AWS's mails (SNS Developer Guide, "HTTP/HTTPS subscription confirmation JSON format")."""
    topic = subscription.topic
    query = {
        "TopicArn": topic.arn,
        "Token": subscription.__dict__["token"],
        "Endpoint": subscription.endpoint,
    }
    region = topic.arn.split(":")[3]
    return f"https://sns.{region}.amazonaws.com/confirmation.html?{urlencode(query, safe=':@')}"


def _ask_to_confirm(subscription: Subscription) -> None:
    topic = subscription.topic
    message = (
        f"You have chosen to subscribe to the topic {topic.arn}.\n"
        f"To confirm this subscription, visit the link below.\n{_link(subscription)}"
    )
    if subscription.protocol.startswith("email"):
        _post_mail(
            subscription.endpoint,
            topic,
            "AWS Notification - Subscription Confirmation",
            message,
            "confirmation",
        )
        return
    request = {
        "Type": "SubscriptionConfirmation",
        "MessageId": str(uuid.uuid4()),
        "Token": subscription.__dict__["token"],
        "TopicArn": topic.arn,
        "Message": message,
        "Timestamp": iso_8601_datetime_with_milliseconds(),
    }
    deliveries.submit(_post, subscription.endpoint, request)


def _post(url: str, body: dict[str, Any]) -> None:
    headers = {"Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": body["Type"]}
    try:
        with requests.Session() as session:
            # To ask macOS for its proxies is not safe after a fork; subscribers are near anyway.
            session.trust_env = False
            session.post(url, data=json.dumps(body), headers=headers, timeout=_HTTP_TIMEOUT_S)
    except requests.RequestException:
        # A subscriber that is not there does not concern the publisher.
        return


def _api_subscribe(self: SNSResponse) -> ActionResult:
    attributes = dict(self._get_param("Attributes") or {})
    arn, endpoint = self._get_param("TopicArn"), self._get_param("Endpoint")
    existing = self.backend._find_subscription(arn, endpoint, self._get_param("Protocol"))
    if existing and any(
        str(existing.attributes.get(k)).lower() != str(v).lower() for k, v in attributes.items()
    ):
        raise InvalidParameterValue(
            "Invalid parameter: Attributes Reason: Subscription already exists with different "
            "attributes"
        )
    result = _moto_api_subscribe(self)
    subscription = self.backend.subscriptions[result.result["SubscriptionArn"]]
    if _is_pending(subscription) and not self._get_bool_param("ReturnSubscriptionArn", False):
        return ActionResult({"SubscriptionArn": "pending confirmation"})
    return result


def _shown(subscription: Subscription) -> dict[str, Any]:
    return {
        "SubscriptionArn": _PENDING if _is_pending(subscription) else subscription.arn,
        "Owner": subscription.account_id,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "TopicArn": subscription.topic.arn,
    }


def _api_list(self: SNSResponse) -> ActionResult:
    found, token = self.backend.list_subscriptions(next_token=self._get_param("NextToken"))
    return ActionResult({"Subscriptions": [_shown(s) for s in found], "NextToken": token})


def _api_list_by_topic(self: SNSResponse) -> ActionResult:
    found, token = self.backend.list_subscriptions_by_topic(
        self._get_param("TopicArn"), next_token=self._get_param("NextToken")
    )
    return ActionResult({"Subscriptions": [_shown(s) for s in found], "NextToken": token})


def _api_unsubscribe(self: SNSResponse) -> ActionResult:
    arn = self._get_param("SubscriptionArn")
    if arn.count(":") < 5:
        raise InvalidParameterValue(
            "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, "
            f"not {arn.count(':') + 1}"
        )
    return _moto_api_unsubscribe(self)


def _api_confirm(self: SNSResponse) -> ActionResult:
    topic_arn, token = self._get_param("TopicArn"), self._get_param("Token")
    if topic_arn not in self.backend.topics:
        raise SNSNotFoundError("Topic does not exist")
    for subscription in self.backend.subscriptions.values():
        if subscription.topic.arn == topic_arn and subscription.__dict__.get("token") == token:
            # Then only its owner can end it, and nobody by the link in a mail. What is confirmed stays as it was
            # confirmed: AWS does not say so, and this is the stricter reading.
            if _is_pending(subscription) and self._get_param("AuthenticateOnUnsubscribe") == "true":
                subscription.attributes[_AUTHENTICATED] = True
            subscription.attributes[_PENDING] = False
            return ActionResult({"SubscriptionArn": subscription.arn})
    raise InvalidParameterValue("Invalid parameter: Token")


# --- topics -----------------------------------------------------------------------------


def _create_topic(
    self: SNSBackend,
    name: str,
    attributes: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
) -> Topic:
    arn = f"arn:{get_partition(self.region_name)}:sns:{self.region_name}:{self.account_id}:{name}"
    existing = self.topics.get(arn)
    if existing and tags and tags != existing._tags:
        raise InvalidParameterValue(
            "Invalid parameter: Tags Reason: Topic already exists with different tags"
        )
    return _moto_create_topic(self, name, attributes, tags)


def _api_topic_attributes(self: SNSResponse) -> ActionResult:
    result = _moto_api_topic_attributes(self)
    topic = self.backend.get_topic(self._get_param("TopicArn"))
    subscriptions = self.backend._get_topic_subscriptions(topic)
    pending = sum(_is_pending(subscription) for subscription in subscriptions)
    result.result["Attributes"] |= {
        "SubscriptionsPending": str(pending),
        "SubscriptionsConfirmed": str(len(subscriptions) - pending),
    }
    return result


# --- publishing -------------------------------------------------------------------------


def _check_subject(subject: str | None) -> None:
    if subject is None:
        return
    fine = subject.isascii() and subject.isprintable() and 0 < len(subject) < 100
    if not fine or not subject[0].isprintable() or subject[0] == " ":
        raise InvalidParameterValue("Invalid parameter: Subject")


def _check_structure(message: str, structure: str | None) -> None:
    if structure != "json":
        return
    try:
        bodies = json.loads(message)
    except ValueError:
        raise InvalidParameterValue(
            "Invalid parameter: Message Structure - JSON message body failed to parse"
        ) from None
    if not isinstance(bodies, dict) or "default" not in bodies:
        raise InvalidParameterValue(
            "Invalid parameter: Message Structure - No default entry in JSON message body"
        )


def _api_publish(self: SNSResponse) -> ActionResult:
    arn = self._get_param("TopicArn") or self._get_param("TargetArn")
    session = accounts.session_of(self.access_key)
    if session and arn:
        _check_identity(session, arn)
    _check_subject(self._get_param("Subject"))
    _check_structure(self._get_param("Message"), self._get_param("MessageStructure"))
    return _moto_api_publish(self)


def _check_identity(session: accounts.Session, topic_arn: str) -> None:
    role = accounts.role_by_arn(session.role_arn)
    if role is None or not accounts.role_may(role, "sns:Publish", topic_arn, {}):
        raise NotAuthorized(
            f"User: {session.arn} is not authorized to perform: SNS:Publish on resource: "
            f"{topic_arn} because no identity-based policy allows the SNS:Publish action"
        )


def publish(topic_arn: str, message: str, subject: str | None = None) -> None:
    """Publishes without asking anybody."""
    parts = topic_arn.split(":")
    sns_backends[parts[4]][parts[3]].publish(message, arn=topic_arn, subject=subject)


def publish_as_service(
    service: str,
    topic_arn: str,
    message: str,
    context: policies.Context,
    subject: str | None = None,
    owner: str | None = None,
) -> bool:
    """Publishes if the topic's policy lets the service, or the account it acts for."""
    parts = topic_arn.split(":")
    with lock:
        topic = sns_backends[parts[4]][parts[3]].topics.get(topic_arn)
        if topic is None or not keys.serves(
            topic.kms_master_key_id, parts[4], parts[3], service, context
        ):
            return False
        asking = [policies.Principal(service=service)]
        if owner:
            # A topic's first policy lets everybody who acts for its account.
            asking.append(policies.Principal(account=owner))
            context = {**context, "AWS:SourceOwner": owner}
        found = [
            policies.decision(topic.policy, "sns:Publish", topic_arn, context, principal)
            for principal in asking
        ]
        if "Deny" in found or "Allow" not in found:
            return False
        publish(topic_arn, message, subject)
    return True


def _publish_to_topic(
    self: Topic,
    message: str,
    subject: str | None = None,
    message_attributes: dict[str, Any] | None = None,
    group_id: str | None = None,
    deduplication_id: str | None = None,
    message_structure: str | None = None,
) -> str:
    message_id = str(uuid.uuid4())
    for subscription in self.sns_backend._get_topic_subscriptions(self):
        if _is_pending(subscription):
            continue
        deliveries.submit(
            _deliver,
            subscription,
            message,
            message_id,
            subject,
            message_attributes or {},
            message_structure,
        )
    return message_id


def _deliver(
    subscription: Subscription,
    message: str,
    message_id: str,
    subject: str | None,
    attributes: dict[str, Any],
    structure: str | None,
) -> None:
    if structure == "json":
        bodies = json.loads(message)
        message = bodies.get(subscription.protocol, bodies["default"])
    matcher = subscription._filter_policy_matcher
    if matcher is not None and not matcher.matches(attributes, message):
        return
    notification = _notification(subscription, message, message_id, subject, attributes)
    protocol = subscription.protocol
    if protocol == "email":
        title = subject or "AWS Notification Message"
        _post_mail(subscription.endpoint, subscription.topic, title, message, "notification")
    elif protocol == "email-json":
        title = subject or "AWS Notification Message"
        body = json.dumps(notification, indent=2)
        _post_mail(subscription.endpoint, subscription.topic, title, body, "notification")
    elif protocol == "sms":
        _post_mail(subscription.endpoint, subscription.topic, "", message, "notification")
    elif protocol == "sqs":
        _send_to_queue(subscription, message, notification, attributes)
    elif protocol == "lambda":
        _send_to_function(subscription, notification)
    elif protocol in ("http", "https"):
        _post(subscription.endpoint, notification)


def _notification(
    subscription: Subscription,
    message: str,
    message_id: str,
    subject: str | None,
    attributes: dict[str, Any],
) -> dict[str, Any]:
    # moto signs each one with a key of its own; nobody here checks, and it takes long.
    body = {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": subscription.topic.arn,
        "Message": message,
        "Timestamp": iso_8601_datetime_with_milliseconds(),
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "SigningCertURL": "EXAMPLE",
        "UnsubscribeURL": "EXAMPLE",
    }
    if subject:
        body["Subject"] = subject
    if attributes:
        body["MessageAttributes"] = attributes
    return body


def _send_to_queue(
    subscription: Subscription,
    message: str,
    notification: dict[str, Any],
    attributes: dict[str, Any],
) -> None:
    _, _, _, region, account, _ = subscription.endpoint.split(":", 5)
    if delivery_fault("sqs", "SendMessage", account, region):
        return
    raw = str(subscription.attributes.get("RawMessageDelivery")).lower() == "true"
    context = {
        "aws:SourceArn": subscription.topic.arn,
        "aws:SourceAccount": subscription.topic.account_id,
    }
    queues.send_as_service(
        "sns.amazonaws.com",
        subscription.endpoint,
        message if raw else json.dumps(notification, indent=2),
        context,
        {name: str(value["Value"]) for name, value in attributes.items()} if raw else None,
    )


def _send_to_function(subscription: Subscription, notification: dict[str, Any]) -> None:
    with lock:
        function = functions.find(subscription.endpoint)
        context = {"aws:SourceArn": subscription.topic.arn}
        if function is None or not functions.permits(function, "sns.amazonaws.com", context):
            return
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription.arn,
        "Sns": notification,
    }
    functions.invoke_later(function, json.dumps({"Records": [record]}))


_moto_subscribe = SNSBackend.subscribe
_moto_create_topic = SNSBackend.create_topic
_moto_api_subscribe = SNSResponse.subscribe
_moto_api_unsubscribe = SNSResponse.unsubscribe
_moto_api_topic_attributes = SNSResponse.get_topic_attributes
_moto_api_publish = SNSResponse.publish


def install() -> None:
    """Takes the place of moto's own functions."""
    SNSBackend.subscribe = _subscribe
    SNSBackend.create_topic = _create_topic
    SNSResponse.subscribe = _api_subscribe
    SNSResponse.unsubscribe = _api_unsubscribe
    SNSResponse.confirm_subscription = _api_confirm
    SNSResponse.list_subscriptions = _api_list
    SNSResponse.list_subscriptions_by_topic = _api_list_by_topic
    SNSResponse.get_topic_attributes = _api_topic_attributes
    SNSResponse.publish = _api_publish
    Topic.publish = _publish_to_topic
