//! What each way asks and takes for nothing.

use super::super::complete::Idle;
use super::{ADA, APPROVERS, DANA, EXPIRED, GRANTED_BY, MAX, RULES, RUN, Way};

const OF_A_RUN: &[&str] = &[
    "/run/action/deleted",
    "/run/action/icon",
    "/run/action/title",
    "/run/createdAt",
    "/run/externalRunId",
    "/run/link",
    "/run/source",
    "/run/updatedAt",
    "/run/updatedBy",
];
const OF_ITS_ENTITY: &[&str] = &[
    "/run/blueprint/deleted",
    "/run/blueprint/icon",
    "/run/blueprint/identifier",
    "/run/blueprint/title",
    "/run/entity/deleted",
    "/run/entity/icon",
    "/run/entity/title",
];
const OF_THE_GRANTING_RUN: &[&str] = &[
    "/run/action/identifier",
    "/run/endedAt",
    "/run/entity/identifier",
    "/run/id",
    "/run/properties/duration",
    "/run/properties/permissions/0",
    "/run/rawProperties/duration",
    "/run/rawProperties/permissions/0",
    "/run/status",
    "/run/statusLabel",
];
const OF_AN_APPROVED_RUN: &[&str] =
    &["/run/approval/state", "/run/approval/userId", "/run/createdBy", "/run/requiredApproval/type"];
const OF_A_PERSON: &[&str] = &[
    "/user/createdAt",
    "/user/firstName",
    "/user/lastName",
    "/user/orgs/0/id",
    "/user/providers",
    "/user/teams",
    "/user/teamsIdentifiers",
    "/user/updatedAt",
];
const OF_WHOM_IT_TELLS: &[&str] = &["/user/email", "/user/id", "/user/roles/0/name", "/user/status", "/user/type"];
const OF_THE_REPOSITORY: &[&str] = &[
    "/data/repository/databaseId",
    "/data/repository/defaultBranchRef/name",
    "/data/repository/policy/text",
    "/data/repository/trust/text",
];
const OF_THE_GRANT: &[&str] = &[
    "/entities/0/identifier",
    "/entities/0/properties/account",
    "/entities/0/properties/duration",
    "/entities/0/properties/expiry_time",
    "/entities/0/properties/iam_policy/Statement/0/Action/0",
    "/entities/0/properties/iam_policy/Statement/0/Condition/DateLessThan/aws:CurrentTime",
    "/entities/0/properties/iam_policy/Statement/0/Condition/StringEquals/s3:ResourceAccount",
    "/entities/0/properties/iam_policy/Statement/0/Effect",
    "/entities/0/properties/iam_policy/Statement/0/Resource/0",
    "/entities/0/properties/iam_policy/Version",
    "/entities/0/properties/notes",
    "/entities/0/properties/policy_arn",
    "/entities/0/properties/requester",
    "/entities/0/properties/role_arn",
    "/entities/0/properties/run_id",
    "/entities/0/properties/sign_in_url",
    "/entities/0/properties/state",
    "/entities/0/relations/aws_resource",
    "/entities/0/relations/permissions/0",
    "/entities/0/team",
    "/entities/0/title",
];

/// Returns what each way asks and takes for nothing.
pub(super) fn decides_nothing(way: Way) -> Vec<Idle> {
    let unread = "a list that cannot be read keeps nobody from revoking, and nothing else is read there";
    let asker = "whoever asked for the grant may return it, and so may an administrator";
    let mut list: Vec<Idle> = vec![
        (RUN, OF_A_RUN, "for people who look at the run"),
        (RUN, &["/run/requiredApproval"], "nobody approves the end of a grant"),
        (RUN, &["/run/properties", "/run/rawProperties"], "the form is empty"),
        (RULES, OF_THE_REPOSITORY, unread),
    ];
    let own: Vec<Idle> = match way {
        Way::Revoke => vec![
            (RUN, OF_ITS_ENTITY, "the grant is known by its name"),
            (RUN, &["/run/createdBy"], "tells who ended it, and whoever may run the action Port decides"),
            (DANA, OF_A_PERSON, "tells who ended it"),
            (DANA, OF_WHOM_IT_TELLS, "tells who ended it, if the run says the same"),
        ],
        Way::Return => vec![
            (RUN, OF_ITS_ENTITY, "the grant is known by its name"),
            (ADA, OF_A_PERSON, "an administrator is told by id, e-mail, status, type and role"),
            (GRANTED_BY, OF_A_RUN, asker),
            (GRANTED_BY, OF_ITS_ENTITY, asker),
            (GRANTED_BY, OF_THE_GRANTING_RUN, asker),
            (GRANTED_BY, &["/run/createdBy", "/run/requiredApproval"], asker),
        ],
        Way::ReturnOfRequester => vec![
            (RUN, OF_ITS_ENTITY, "the grant is known by its name"),
            (DANA, OF_A_PERSON, "tells who ended it; whose the grant is, the two runs say"),
            (DANA, OF_WHOM_IT_TELLS, "tells who ended it; whose the grant is, the two runs say"),
            (GRANTED_BY, OF_A_RUN, "who asked for the grant, its id says"),
            (GRANTED_BY, OF_ITS_ENTITY, "who asked for the grant, its id says"),
            (GRANTED_BY, OF_THE_GRANTING_RUN, "Port is asked for the run by its id, and what it granted is to end"),
            (GRANTED_BY, &["/run/requiredApproval"], "whoever asked needs nobody's approval to return it"),
        ],
        Way::ReturnOfApprover => vec![
            (RUN, OF_ITS_ENTITY, "the grant is known by its name"),
            (APPROVERS, &["/approvers/0/description"], "an approver's words"),
            (MAX, OF_A_PERSON, "tells who ended it; who approved, the list of approvals says"),
            (MAX, OF_WHOM_IT_TELLS, "tells who ended it; who approved, the list of approvals says"),
            (GRANTED_BY, OF_A_RUN, "who approved, the list of approvals says"),
            (GRANTED_BY, OF_ITS_ENTITY, "who approved, the list of approvals says"),
            (GRANTED_BY, OF_THE_GRANTING_RUN, "who approved, the list of approvals says"),
            (GRANTED_BY, OF_AN_APPROVED_RUN, "who approved, the list of approvals says"),
        ],
        Way::Timer => vec![
            (RUN, &["/run/createdBy"], "a timer is nobody, and the clock decides"),
            (RULES, &["/data/repository/rules/text"], "the clock decides, whoever started the workflow"),
            (EXPIRED, OF_THE_GRANT, "the end in the role's trust decides, where it bears one"),
        ],
    };
    list.extend(own);
    list
}
