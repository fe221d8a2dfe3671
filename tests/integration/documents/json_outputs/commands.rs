//! The commands that are played for the reference of JSON outputs.

/// Commands whose result each section describes, in an order in which they work.
pub(super) const COMMANDS: [(&str, &str); 45] = [
    ("plan", "plan --aws-setup"),
    ("init", "init --aws-setup"),
    ("seed", "seed --samples"),
    ("seed", "seed --from-blueprint ec2Instance --keep-in-step --dry-run"),
    ("request", "request --resource arn:aws:s3:::my-s3-bucket --permission s3:PutObject --duration 1h --reason report"),
    ("list", "list"),
    ("show", "show Permission-r_k86OUzq80jRlxFV0"),
    ("credentials", "credentials Permission-r_k86OUzq80jRlxFV0"),
    ("extend", "extend Permission-r_k86OUzq80jRlxFV0 --duration 2h --reason report"),
    ("return", "return Permission-r_k86OUzq80jRlxFV0"),
    ("revoke", "revoke Permission-r_k86OUzq80jRlxFV0"),
    ("revoke --direct", "revoke Permission-r_k86OUzq80jRlxFV0 --direct"),
    ("revoke --direct", "revoke Permission-r_k86OUzq80jRlxFV0 --direct --aws-only"),
    ("revoke --requester", "revoke --requester ada@acme.example"),
    ("revoke --requester", "revoke --requester nobody@acme.example"),
    ("list", "list --expired"),
    ("sweep", "sweep --repository acme/port-iam-permissions"),
    ("sweep", "sweep --dry-run --repository acme/port-iam-permissions"),
    ("report", "report"),
    ("report", "report --since 1h --look-ups 0"),
    ("version", "version"),
    ("version --check-runtime", "version --check-runtime acme/port-iam-permissions"),
    ("demo", "demo"),
    ("demo --serve", "demo --serve"),
    ("sandbox", "sandbox --serve"),
    ("doctor", "doctor"),
    ("doctor --security", "doctor --security --repository acme/port-iam-permissions"),
    ("doctor --probe", "doctor --probe"),
    ("policy", "policy --resource arn:aws:s3:::my-s3-bucket --permission s3:PutObject --account 123456789012"),
    (
        "policy",
        "policy --repository . --requester dana@acme.example --resource arn:aws:s3:::my-s3-bucket --permission s3:PutObject",
    ),
    ("policy", "policy --resource arn:aws:s3:::my-s3-bucket --permission ec2:StopInstances"),
    ("policy actions", "policy actions --resource arn:aws:s3:::my-s3-bucket --level read"),
    ("policy actions", "policy actions"),
    ("policy who-can", "policy who-can --resource arn:aws:s3:::my-s3-bucket --permission s3:PutObject"),
    ("policy test", "policy test"),
    (
        "grant",
        "grant --break-glass down --repository . --requester dana@acme.example --resource arn:aws:s3:::my-s3-bucket --permission s3:PutObject --scope org_sandboxacme/700000005",
    ),
    ("aws", "aws granter --account 123456789012"),
    ("aws", "aws --emit terraform --account 123456789012 --aws-auth access-key"),
    ("audit export", "audit export"),
    ("audit verify", "audit verify export.jsonl"),
    ("man", "man --directory pages"),
    ("Failures", "show my-role"),
    ("Failures", "request --resource arn:aws:s3:::no-such --permission s3:PutObject"),
    ("uninstall", "uninstall --dry-run"),
    ("uninstall", "uninstall --revoke-all"),
];

/// Commands that print what they print, whatever the form.
pub(super) const WITHOUT_JSON: [&str; 2] = ["completions", "policy schema"];
/// Sections of commands that serve until they are stopped.
pub(super) const SERVING: [&str; 2] = ["demo --serve", "sandbox"];

/// The rules that some of them need.
pub(super) const RULES: &str = "break-glass:
  longest: 1h
  people: [ada]
  webhook: none
examples:
  - { requester: dana@acme.example, resource-type: S3, resources: [\"arn:aws:s3:::my-s3-bucket\"], actions: [s3:PutObject], duration: 1h, expect: granted }
";
