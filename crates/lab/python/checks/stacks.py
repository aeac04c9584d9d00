"""A template of a spoke, and a StackSet of it."""

from __future__ import annotations

from typing import Any

from .case import REGION, name

TEMPLATE = """
Parameters:
  HubAccount: {Type: String, AllowedPattern: '[0-9]{12}'}
  HubRegion: {Type: String}
  Note: {Type: String, Default: first}
  DeadLetters: {Type: String, Default: 'true', AllowedValues: ['true', 'false']}
Conditions:
  WithDeadLetters: !Equals [!Ref DeadLetters, 'true']
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: {Service: events.amazonaws.com}
            Action: sts:AssumeRole
            Condition:
              StringEquals: {'aws:SourceAccount': !Ref AWS::AccountId}
              ArnLike: {'aws:SourceArn': !Sub 'arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/*'}
      Policies:
        - PolicyName: forward
          PolicyDocument:
            Version: 2012-10-17
            Statement:
              - Effect: Allow
                Action: events:PutEvents
                Resource: !Sub 'arn:aws:events:${HubRegion}:${HubAccount}:event-bus/BUS'
      Tags: [{Key: note, Value: !Sub 'note ${Note}'}]
  Queue:
    Type: AWS::SQS::Queue
    Condition: WithDeadLetters
    Properties: {MessageRetentionPeriod: 1209600}
  QueuePolicy:
    Type: AWS::SQS::QueuePolicy
    Condition: WithDeadLetters
    Properties:
      Queues: [!Ref Queue]
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {Service: events.amazonaws.com}
            Action: sqs:SendMessage
            Resource: !GetAtt Queue.Arn
            Condition: {ArnEquals: {'aws:SourceArn': !GetAtt Rule.Arn}}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      Name: forward-BUS
      Description: !Sub 'of ${Note}'
      State: ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS
      EventPattern:
        $or:
          - detail: {userIdentity: {type: [Root]}}
          - detail: {eventSource: [sts.amazonaws.com], eventName: [AssumeRoot]}
      Targets:
        - Id: hub
          Arn: !Sub 'arn:aws:events:${HubRegion}:${HubAccount}:event-bus/BUS'
          RoleArn: !GetAtt Role.Arn
          DeadLetterConfig: !If [WithDeadLetters, {Arn: !GetAtt Queue.Arn}, !Ref 'AWS::NoValue']
Outputs:
  Rule: {Value: !GetAtt Rule.Arn}
"""


def create_set(cloudformation: Any, bus: str = "BUS", **more: Any) -> str:
    """A service-managed set; returns its name."""
    stack_set = name("set")
    arguments = {
        "StackSetName": stack_set,
        "TemplateBody": TEMPLATE.replace("BUS", bus),
        "Parameters": [
            {"ParameterKey": "HubAccount", "ParameterValue": "222222222222"},
            {"ParameterKey": "HubRegion", "ParameterValue": REGION},
        ],
        "PermissionModel": "SERVICE_MANAGED",
        "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
        "Capabilities": ["CAPABILITY_IAM"],
        "Tags": [{"Key": "team", "Value": "security"}],
        **more,
    }
    cloudformation.create_stack_set(**arguments)
    return stack_set
