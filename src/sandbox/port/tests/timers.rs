//! Timers, by the sandbox's clock.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::timers::fire;
use super::{BUCKET, GRANTS, World, actions, grant};

/// A grant that runs out in an hour.
async fn hour(world: &World) {
    let expiry = world.clock.now().checked_add(SignedDuration::from_hours(1)).unwrap().to_string();
    let body = grant("Permission-1", json!({ "role_arn": "r", "expiry_time": expiry }));
    world.send("POST", &format!("{GRANTS}?upsert=true&merge=true"), body).await;
}

fn context(body: &Value) -> Value {
    serde_json::from_str(body["inputs"]["port_context"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn the_automation_runs_once_when_the_time_has_passed() {
    let mut world = World::guide().await;
    hour(&world).await;
    fire(&world.port);
    assert!(world.port.runs().is_empty(), "nothing fires before its time");
    world.clock.advance(SignedDuration::from_mins(61));
    let dispatched = world.dispatch().await;
    assert_eq!(dispatched.workflow, "delete-iam-permissions.yaml");
    assert_eq!(dispatched.body["inputs"]["properties"], "null");
    let context = context(&dispatched.body);
    assert_eq!(context["blueprint"], "provisioned_permissions");
    assert_eq!(context["entity"]["identifier"], "Permission-1");
    assert_eq!(context["entity"]["properties"]["role_arn"], "r");
    assert_eq!(context["entity"]["relations"]["aws_resource"], BUCKET);
    assert_eq!(context["trigger"]["by"]["byPort"], true);
    assert_eq!(context["trigger"]["by"].get("user"), None);
    world.clock.advance(SignedDuration::from_hours(10));
    fire(&world.port);
    fire(&world.port);
    let runs = world.get("/v1/actions/runs?version=v2&source[]=AUTOMATION").await.is(200);
    assert_eq!(runs.body["runs"].as_array().unwrap().len(), 1);
    let run = &runs.body["runs"][0];
    assert_eq!(run["createdBy"], "revoke_expired_permissions");
    assert_eq!(run["source"], "AUTOMATION");
    assert_eq!(context["runId"], run["id"]);
    let audit = world.get("/v1/audit-log?action=TIMER_EXPIRED").await.is(200);
    assert_eq!(audit.body["audits"].as_array().unwrap().len(), 1);
    assert_eq!(audit.body["audits"][0]["message"], "Timer Expired");
}

#[tokio::test]
async fn a_new_value_fires_again_and_the_same_one_does_not() {
    let world = World::guide().await;
    let set = |value: &'static str| {
        let body = grant("Permission-1", json!({ "expiry_time": value }));
        let world = &world;
        async move {
            world.send("POST", &format!("{GRANTS}?upsert=true&merge=true"), body).await;
            fire(&world.port);
            world.port.runs().len()
        }
    };
    assert_eq!(set("2020-01-01T00:00:00Z").await, 1, "a value in the past fires at once");
    assert_eq!(set("2020-01-01T00:00:00Z").await, 1);
    assert_eq!(set("2020-01-02T00:00:00.000+02:00").await, 2);
}

#[tokio::test]
async fn an_upsert_that_wipes_the_timer_stops_it() {
    let world = World::guide().await;
    hour(&world).await;
    let wiping = json!({ "identifier": "Permission-1", "properties": { "role_arn": "r" } });
    world.send("POST", &format!("{GRANTS}?upsert=true"), wiping).await.is(200);
    world.clock.advance(SignedDuration::from_hours(2));
    fire(&world.port);
    assert!(world.port.runs().is_empty());
}

#[tokio::test]
async fn an_automation_that_is_not_published_or_whose_condition_fails_stays_quiet() {
    let world = World::guide().await;
    let put = |change: fn(&mut Value)| {
        let mut action = actions("GITHUB")[2].clone();
        change(&mut action);
        world.send("PUT", "/v1/actions/revoke_expired_permissions", action)
    };
    let body = |number: usize| grant(&format!("Permission-{number}"), json!({ "expiry_time": "2020-01-01T00:00:00Z" }));
    put(|action| action["publish"] = false.into()).await.is(200);
    world.send("POST", &format!("{GRANTS}?upsert=true"), body(1)).await.is(201);
    fire(&world.port);
    put(|action| {
        action["trigger"]["condition"] =
            json!({ "type": "JQ", "expressions": [".diff.after.properties.role_arn != null"] });
    })
    .await
    .is(200);
    world.send("POST", &format!("{GRANTS}?upsert=true"), body(2)).await.is(201);
    fire(&world.port);
    assert!(world.port.runs().is_empty());
    let mut with_role = body(3);
    with_role["properties"]["role_arn"] = "r".into();
    world.send("POST", &format!("{GRANTS}?upsert=true"), with_role).await.is(201);
    fire(&world.port);
    assert_eq!(world.port.runs().len(), 1);
}
