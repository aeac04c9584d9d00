"""SNS."""

from __future__ import annotations

import json

from .case import Case, client, eventually, lab, name


class Topics(Case):
    """SNS."""

    account = "222222222222"

    def setUp(self) -> None:
        super().setUp()
        self.sns = client("sns", self.account)
        self.topic = self.sns.create_topic(Name=name("topic"))["TopicArn"]

    def mails(self, address: str) -> list[dict[str, str]]:
        """What an address got."""
        return list(lab("GET", f"mail?address={address}"))

    def test_people_confirm_first(self) -> None:
        address = f"{name()}@example.com"
        arguments = {"TopicArn": self.topic, "Protocol": "email", "Endpoint": address}
        for _ in range(2):
            answer = self.sns.subscribe(**arguments)
            self.assertEqual(answer["SubscriptionArn"], "pending confirmation")
        self.assertEqual([m["kind"] for m in self.mails(address)], ["confirmation"] * 2)
        listed = self.sns.list_subscriptions_by_topic(TopicArn=self.topic)["Subscriptions"]
        self.assertEqual([s["SubscriptionArn"] for s in listed], ["PendingConfirmation"])
        self.sns.publish(TopicArn=self.topic, Message="too early")
        lab("POST", "mail/confirm", {"address": address})
        bodies = json.dumps({"default": "long", "email": "for people"})
        self.sns.publish(
            TopicArn=self.topic, Message=bodies, MessageStructure="json", Subject="Look"
        )
        self.assertTrue(eventually(lambda: len(self.mails(address)) == 3))
        mail = self.mails(address)[2]
        self.assertEqual((mail["subject"], mail["body"]), ("Look", "for people"))
        arn = self.sns.subscribe(**arguments)["SubscriptionArn"]
        self.assertTrue(arn.startswith(self.topic))
        self.assertEqual(len(self.mails(address)), 3)

    def test_subjects_are_checked(self) -> None:
        for subject in ("two\nlines", "x" * 100, "h\u00e9"):
            self.refused(
                "InvalidParameter",
                self.sns.publish,
                TopicArn=self.topic,
                Message="m",
                Subject=subject,
            )
        self.refused(
            "InvalidParameter",
            self.sns.publish,
            TopicArn=self.topic,
            Message='{"email":"no default"}',
            MessageStructure="json",
        )

    def test_queues_need_a_policy_and_filters_hold(self) -> None:
        _, closed = self.make_queue(self.account)
        _, raw = self.open_queue(self.account)
        _, filtered = self.open_queue(self.account)
        for arn, attributes in (
            (closed, {}),
            (raw, {"RawMessageDelivery": "true"}),
            (filtered, {"FilterPolicy": '{"severity":["high"]}'}),
        ):
            self.sns.subscribe(
                TopicArn=self.topic, Protocol="sqs", Endpoint=arn, Attributes=attributes
            )
        self.sns.subscribe(TopicArn=self.topic, Protocol="https", Endpoint="https://127.0.0.1:1/")
        lab("POST", "mail/confirm", {"address": "https://127.0.0.1:1/"})
        for severity in ("low", "high"):
            value = {"DataType": "String", "StringValue": severity}
            self.sns.publish(
                TopicArn=self.topic, Message=severity, MessageAttributes={"severity": value}
            )
        self.assertTrue(eventually(lambda: sorted(self.bodies(raw)) == ["high", "low"]))
        self.assertTrue(eventually(lambda: self.bodies(filtered)))
        eventually(lambda: lab("GET", "idle"))
        self.assertEqual([json.loads(b)["Message"] for b in self.bodies(filtered)], ["high"])
        self.assertEqual(self.bodies(closed), [])
