"""SQS."""

from __future__ import annotations

import threading
import time

from .case import Case, client, lab


class Queues(Case):
    """SQS."""

    def test_a_policy_stays_when_other_attributes_are_set(self) -> None:
        url, _ = self.open_queue("222222222222")
        sqs = client("sqs", "222222222222")
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "5"})
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        self.assertEqual(found["VisibilityTimeout"], "5")
        self.assertIn("events.amazonaws.com", found["Policy"])
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        self.assertNotIn("Policy", found)

    def test_names_are_not_free_at_once(self) -> None:
        lab("POST", "late", {"queue_name_reuse_ms": 400})
        url, arn = self.make_queue("222222222222")
        sqs = client("sqs", "222222222222")
        sqs.delete_queue(QueueUrl=url)
        queue = arn.split(":")[-1]
        self.refused(
            "AWS.SimpleQueueService.QueueDeletedRecently", sqs.create_queue, QueueName=queue
        )
        time.sleep(0.5)
        sqs.create_queue(QueueName=queue)

    def test_receivers_do_not_share_messages(self) -> None:
        url, _ = self.make_queue("222222222222")
        sqs = client("sqs", "222222222222")
        for start in range(0, 100, 10):
            entries = [{"Id": str(i), "MessageBody": str(i)} for i in range(start, start + 10)]
            sqs.send_message_batch(QueueUrl=url, Entries=entries)
        got: list[str] = []

        def drain() -> None:
            while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
                "Messages"
            ):
                for message in found:
                    got.append(message["Body"])
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

        threads = [threading.Thread(target=drain) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(got, key=int), [str(i) for i in range(100)])
