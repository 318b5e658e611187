"""Steps about topics: their attributes, names, tags and owners."""

API = "https://docs.aws.amazon.com/sns/latest/api/"
INVALID = 400, "InvalidParameter"


def topic(it, what):
    sns, name = it.client("sns"), it.name(what)
    return sns, it.given(sns.create_topic, Name=name)["TopicArn"]


def lifecycle(it):
    """A topic from its making to its end.
    https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html"""
    sns, name = it.client("sns"), it.name("topic")
    arn = f"arn:aws:sns:ap-northeast-1:{it.account}:{name}"
    get, put = API + "API_GetTopicAttributes.html", API + "API_SetTopicAttributes.html"
    it.refuses("attributes of none", sns.get_topic_attributes, 404, "NotFound", source=get, TopicArn=arn)
    it.answers("create", sns.create_topic, {"TopicArn": arn}, Name=name)
    it.answers("create again", sns.create_topic, {"TopicArn": arn}, Name=name)
    shown = "Attributes.[TopicArn,Owner,DisplayName,SubscriptionsConfirmed,SubscriptionsPending]"
    it.answers(
        "attributes", sns.get_topic_attributes, {shown: [arn, it.account, "", "0", "0"]}, source=get,
        TopicArn=arn,
    )
    it.answers(
        "set the display name", sns.set_topic_attributes, {}, source=put,
        TopicArn=arn, AttributeName="DisplayName", AttributeValue="JMC 通知",
    )
    it.answers(
        "the display name", sns.get_topic_attributes, {"Attributes.DisplayName": "JMC 通知"}, source=get,
        TopicArn=arn,
    )
    it.answers("the name alone is enough", sns.create_topic, {"TopicArn": arn}, Name=name)
    it.answers(
        "list", sns.list_topics, {f"Topics[?TopicArn=='{arn}'].TopicArn": [arn]}, source=API + "API_ListTopics.html",
    )
    it.refuses(
        "an attribute that is none", sns.set_topic_attributes, *INVALID, source=put,
        TopicArn=arn, AttributeName="Colour", AttributeValue="red",
    )
    it.refuses(
        "a display name of 101 characters", sns.set_topic_attributes, *INVALID, source=put,
        TopicArn=arn, AttributeName="DisplayName", AttributeValue="x" * 101,
    )
    it.refuses(
        "set of none", sns.set_topic_attributes, 404, "NotFound", source=put,
        TopicArn=f"{arn}-none", AttributeName="DisplayName", AttributeValue="x",
    )
    delete = API + "API_DeleteTopic.html"
    it.answers("delete", sns.delete_topic, {}, source=delete, TopicArn=arn)
    it.answers("delete again", sns.delete_topic, {}, source=delete, TopicArn=arn)
    it.refuses("attributes after the end", sns.get_topic_attributes, 404, "NotFound", source=get, TopicArn=arn)


def names(it):
    """What a topic may be called.
    https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html"""
    sns, run = it.client("sns"), it.token
    for what, name in [
        ("nothing", ""),
        ("a space", f"has space-{run}"),
        ("a dot", f"has.dot-{run}"),
        ("Japanese", f"通知-{run}"),
        ("257 characters", f"{'x' * 257}{run}"[-257:]),
        ("the end of a FIFO topic", f"standard-{run}.fifo"),
    ]:
        it.refuses(what, sns.create_topic, *INVALID, Name=name)
    long = f"{'X' * 256}{run}"[-256:]
    it.answers(
        "256 characters", sns.create_topic, {"TopicArn": f"arn:aws:sns:ap-northeast-1:{it.account}:{long}"},
        Name=long,
    )
    it.answers("all signs", sns.create_topic, {}, Name=f"A-z_0-{run}")


def conflicts(it):
    """Making again what is different.
    https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html"""
    sns, name = it.client("sns"), it.name("conflict")
    arn = f"arn:aws:sns:ap-northeast-1:{it.account}:{name}"
    named, site = {"DisplayName": "JMC"}, [{"Key": "jmc:site", "Value": "sales"}]
    it.answers("create whole", sns.create_topic, {"TopicArn": arn}, Name=name, Attributes=named, Tags=site)
    it.answers("the same again", sns.create_topic, {"TopicArn": arn}, Name=name, Attributes=named, Tags=site)
    it.refuses("another display name", sns.create_topic, *INVALID, Name=name, Attributes={"DisplayName": "other"})
    it.refuses("another tag", sns.create_topic, *INVALID, Name=name, Tags=[{"Key": "jmc:site", "Value": "other"}])
    it.refuses(
        "an attribute that is none", sns.create_topic, *INVALID,
        Name=it.name("other"), Attributes={"Colour": "red"},
    )
    it.answers(
        "it is as it was", sns.get_topic_attributes, {"Attributes.DisplayName": "JMC"},
        source=API + "API_GetTopicAttributes.html", TopicArn=arn,
    )


def tags(it):
    """Tags of a topic.
    https://docs.aws.amazon.com/sns/latest/api/API_TagResource.html"""
    sns, arn = topic(it, "tagged")
    listing = API + "API_ListTagsForResource.html"
    shown = "sort_by(Tags, &Key)[].[Key,Value]"
    it.answers("none", sns.list_tags_for_resource, {"Tags": []}, source=listing, ResourceArn=arn)
    it.answers("set", sns.tag_resource, {}, ResourceArn=arn, Tags=[{"Key": "jmc:site", "Value": "営業"}])
    it.answers("add", sns.tag_resource, {}, ResourceArn=arn, Tags=[{"Key": "owner", "Value": "csa"}])
    it.answers("change", sns.tag_resource, {}, ResourceArn=arn, Tags=[{"Key": "owner", "Value": "other"}])
    it.answers(
        "list", sns.list_tags_for_resource, {shown: [["jmc:site", "営業"], ["owner", "other"]]}, source=listing,
        ResourceArn=arn,
    )
    it.refuses(
        "a key twice", sns.tag_resource, *INVALID,
        ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
    )
    it.answers(
        "take one off", sns.untag_resource, {}, source=API + "API_UntagResource.html",
        ResourceArn=arn, TagKeys=["owner"],
    )
    it.answers(
        "one is left", sns.list_tags_for_resource, {shown: [["jmc:site", "営業"]]}, source=listing,
        ResourceArn=arn,
    )
    it.refuses(
        "tags of none", sns.list_tags_for_resource, 404, "ResourceNotFound", source=listing,
        ResourceArn=f"{arn}-none",
    )
    it.refuses(
        "set of none", sns.tag_resource, 404, "ResourceNotFound",
        ResourceArn=f"{arn}-none", Tags=[{"Key": "a", "Value": "1"}],
    )


def owners(it):
    """Topics of other accounts and regions.
    https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html"""
    sns, arn = topic(it, "owned")
    theirs, oregon = it.client("sns", account=it.other), it.client("sns", "us-west-2")
    name = it.name("owned")
    it.answers(
        "the same name in another account", theirs.create_topic,
        {"TopicArn": f"arn:aws:sns:ap-northeast-1:{it.other}:{name}"}, source=API + "API_CreateTopic.html", Name=name,
    )
    it.answers(
        "the same name in another region", oregon.create_topic,
        {"TopicArn": f"arn:aws:sns:us-west-2:{it.account}:{name}"}, source=API + "API_CreateTopic.html", Name=name,
    )
    it.refuses("attributes for another account", theirs.get_topic_attributes, 403, "AuthorizationError", TopicArn=arn)
    it.refuses(
        "delete by another account", theirs.delete_topic, 403, "AuthorizationError",
        source=API + "API_DeleteTopic.html",
        TopicArn=arn,
    )
    it.refuses("attributes from another region", oregon.get_topic_attributes, *INVALID, TopicArn=arn)
    it.refuses("no ARN", sns.get_topic_attributes, *INVALID, TopicArn=name)
    it.answers("it is still there", sns.get_topic_attributes, {"Attributes.TopicArn": arn}, TopicArn=arn)
