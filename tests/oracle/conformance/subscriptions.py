"""Steps about subscriptions: who has to confirm, what an endpoint is, listings."""

from topics import API, INVALID, topic

LIST = API + "API_ListSubscriptionsByTopic.html"


def people(it):
    """A subscription that somebody has to confirm.
    https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html"""
    sns, arn = topic(it, "people")
    mail = {"TopicArn": arn, "Protocol": "email", "Endpoint": "ops@example.com"}
    it.answers("subscribe", sns.subscribe, {"SubscriptionArn": "pending confirmation"}, **mail)
    named = it.answers(
        "subscribe again and ask for the ARN", sns.subscribe, {"SubscriptionArn": f"{arn}:UUID"},
        ReturnSubscriptionArn=True, **mail,
    )
    shown = "Subscriptions[].[TopicArn,Protocol,Endpoint,SubscriptionArn,Owner]"
    it.answers(
        "list", sns.list_subscriptions_by_topic,
        {shown: [[arn, "email", "ops@example.com", "PendingConfirmation", it.account]]}, source=LIST, TopicArn=arn,
    )
    it.answers(
        "the topic counts it", sns.get_topic_attributes,
        {"Attributes.[SubscriptionsConfirmed,SubscriptionsPending]": ["0", "1"]},
        source=API + "API_GetTopicAttributes.html", TopicArn=arn,
    )
    it.answers(
        "it is pending", sns.get_subscription_attributes, {"Attributes.PendingConfirmation": "true"},
        source=API + "API_GetSubscriptionAttributes.html", SubscriptionArn=(named or {}).get("SubscriptionArn", ""),
    )
    it.refuses(
        "confirm with a token that is none", sns.confirm_subscription, *INVALID,
        source=API + "API_ConfirmSubscription.html", TopicArn=arn, Token="not-a-token",
    )
    it.refuses(
        "confirm for no topic", sns.confirm_subscription, 404, "NotFound",
        source=API + "API_ConfirmSubscription.html", TopicArn=f"{arn}-none", Token="not-a-token",
    )
    it.refuses("subscribe to none", sns.subscribe, 404, "NotFound", **{**mail, "TopicArn": f"{arn}-none"})
    it.refuses(
        "attributes of none", sns.get_subscription_attributes, 404, "NotFound",
        source=API + "API_GetSubscriptionAttributes.html",
        SubscriptionArn=f"{arn}:00000000-1111-2222-3333-444444444444",
    )


def endpoints(it):
    """Which endpoints are taken, and which of them at once.
    https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html"""
    sns, arn = topic(it, "endpoints")
    waits, at_once = "pending confirmation", f"{arn}:UUID"
    own, foreign = (f"arn:aws:sqs:ap-northeast-1:{account}:queue" for account in (it.account, it.other))
    for what, protocol, endpoint, answer in [
        ("a page", "https", "https://example.com/hook", waits),
        ("a page without TLS", "http", "http://example.com/hook", waits),
        ("mail as JSON", "email-json", "ops@example.com", waits),
        ("a queue", "sqs", own, at_once),
        ("a queue of another account", "sqs", foreign, waits),
        ("a function", "lambda", f"arn:aws:lambda:ap-northeast-1:{it.account}:function:f", at_once),
        ("a telephone", "sms", "+819012345678", at_once),
    ]:
        it.answers(what, sns.subscribe, {"SubscriptionArn": answer}, TopicArn=arn, Protocol=protocol, Endpoint=endpoint)
    for what, protocol, endpoint in [
        ("mail without an address", "email", "nobody"),
        ("https without TLS", "https", "http://example.com"),
        ("a page without its scheme", "https", "example.com"),
        ("a queue by its URL", "sqs", "https://sqs.ap-northeast-1.amazonaws.com/1/q"),
        ("a function by its name", "lambda", "f"),
        ("a telephone without a number", "sms", "phone"),
        ("a protocol that is none", "pigeon", "coop"),
        ("no endpoint", "email", ""),
    ]:
        it.refuses(what, sns.subscribe, *INVALID, TopicArn=arn, Protocol=protocol, Endpoint=endpoint)
    queue = {"TopicArn": arn, "Protocol": "sqs", "Endpoint": own}
    made = it.answers("the queue again", sns.subscribe, {"SubscriptionArn": at_once}, **queue)
    it.refuses(
        "the queue with other attributes", sns.subscribe, *INVALID,
        Attributes={"RawMessageDelivery": "true"}, **queue,
    )
    subscription = (made or {}).get("SubscriptionArn", "")
    it.answers(
        "it is confirmed", sns.get_subscription_attributes,
        {"Attributes.[Protocol,Endpoint,TopicArn,PendingConfirmation]": ["sqs", own, arn, "false"]},
        source=API + "API_GetSubscriptionAttributes.html", SubscriptionArn=subscription,
    )
    ending = API + "API_Unsubscribe.html"
    it.answers("unsubscribe", sns.unsubscribe, {}, source=ending, SubscriptionArn=subscription)
    it.answers(
        "it is gone", sns.list_subscriptions_by_topic, {"length(Subscriptions[?Protocol=='sqs'])": 1},
        source=LIST, TopicArn=arn,
    )


def listing(it):
    """Subscriptions in pages.
    https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html"""
    sns, arn = topic(it, "many")
    for number in range(101):
        it.given(sns.subscribe, TopicArn=arn, Protocol="email", Endpoint=f"u{number:03}@example.com")
    shown = "length(Subscriptions)"
    page = it.answers("100 to a page", sns.list_subscriptions_by_topic, {shown: 100}, TopicArn=arn)
    it.answers(
        "the rest", sns.list_subscriptions_by_topic, {shown: 1, "NextToken": None},
        TopicArn=arn, NextToken=(page or {}).get("NextToken", ""),
    )
    it.refuses("of no topic", sns.list_subscriptions_by_topic, 404, "NotFound", TopicArn=f"{arn}-none")
