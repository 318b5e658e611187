//! The sandbox's Secrets Manager, held to what AWS documents, by the SDK's own client.

use aws_sdk_secretsmanager::Client;

use crate::sandbox::state::Kept;
use crate::sandbox_doors::{in_region, refusal, refused, through_both};

const ARN: &str = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:jmc/dwh-AbCdEf";

#[tokio::test]
async fn a_secret_is_read_by_arn_or_name_in_its_own_region() {
    through_both(|sandbox, config| async move {
        sandbox.keep_secret(ARN, "{\"password\":\"pw\"}");
        let secrets = Client::new(&config);
        for id in [ARN, "jmc/dwh"] {
            let read = secrets.get_secret_value().secret_id(id).send().await;
            let read = read.expect("a secret");
            assert_eq!(read.arn(), Some(ARN));
            assert_eq!(read.name(), Some("jmc/dwh"));
            assert_eq!(read.secret_string(), Some("{\"password\":\"pw\"}"));
        }
        let missing = refused(400, "ResourceNotFoundException");
        let read = secrets.get_secret_value().secret_id("other").send().await;
        assert_eq!(refusal(read), missing);
        let west = Client::new(&in_region(&config, "us-west-2"));
        let read = west.get_secret_value().secret_id(ARN).send().await;
        assert_eq!(refusal(read), missing);

        let binary = Kept::Binary("AAEC".to_owned());
        sandbox.state(|s| s.secrets.insert(ARN.to_owned(), binary));
        let read = secrets.get_secret_value().secret_id(ARN).send().await;
        let read = read.expect("a secret");
        assert_eq!(read.secret_string(), None);
        let bytes = read.secret_binary().map(AsRef::as_ref);
        assert_eq!(bytes, Some(&[0, 1, 2][..]));

        sandbox.enforce(r#"{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#);
        let read = secrets.get_secret_value().secret_id(ARN).send().await;
        assert_eq!(refusal(read), refused(400, "AccessDeniedException"));
    })
    .await;
}
