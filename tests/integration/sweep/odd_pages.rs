//! Pages of Port that are not what its API documents are never taken for less than there is.

use port_iam::api_error::ApiErrorKind;

use super::*;

const SEARCH: &str = "POST /v1/blueprints/permission_records/entities/search";

fn forged(pointer: &str, value: Value) -> Fault {
    Fault::Forged { pointer: pointer.to_owned(), value }
}

/// Returns the identifiers that a search for all records finds, as it reads all properties and as it reads one, and how many
/// requests each of them took.
fn records(installed: &Installed, fault: Option<(bool, Fault)>) -> [(Result<Vec<String>, ApiErrorKind>, usize); 2] {
    [false, true].map(|reads_one| {
        let faults = &installed.harness.sandbox.faults;
        faults.clear();
        match fault.clone() {
            Some((true, fault)) => faults.plan_exactly(SEARCH, fault),
            Some((false, fault)) => faults.plan_first(SEARCH, fault),
            None => {}
        }
        let since = installed.harness.sandbox.log.len();
        let mut found = Ok(Vec::new());
        installed.harness.with_port(async |port| {
            let mut names = Vec::new();
            let blueprint = "permission_records";
            let searched = if reads_one {
                port.each_entity(blueprint, &[], &["state"], |entity| names.push(entity.identifier)).await
            } else {
                port.search(blueprint, &[]).await.map(|all| names.extend(all.into_iter().map(|it| it.identifier)))
            };
            found = searched.map(|()| names).map_err(|error| error.kind);
        });
        faults.clear();
        let searches = installed.exchanges_since(since);
        let is_search = |it: &&port_iam::sandbox::request_log::Exchange| it.path.ends_with("/entities/search");
        (found, searches.iter().filter(is_search).count())
    })
}

#[test]
fn a_list_goes_on_as_long_as_port_says_so_and_ends_in_no_other_way() {
    let installed = Installed::new();
    assert_eq!(records(&installed, None), [(Ok(vec![]), 1), (Ok(vec![]), 1)]);
    // The sandbox tells a page by the name behind which it begins.
    let first = "QQ";
    let goes_on = |is_always: bool| Some((is_always, forged("/next", json!(first))));
    // Behind an empty page as well.
    assert_eq!(records(&installed, goes_on(false)), [(Ok(vec![]), 2), (Ok(vec![]), 2)]);
    let grant = installed.granted().grant();
    let twice = vec![grant.clone(), grant.clone()];
    assert_eq!(records(&installed, goes_on(false)), [(Ok(twice.clone()), 2), (Ok(twice), 2)]);
    // What leads back to itself has no end.
    let undecodable = |requests| (Err(ApiErrorKind::Undecodable), requests);
    assert_eq!(records(&installed, goes_on(true)), [undecodable(2), undecodable(2)]);
    for odd in [json!(5), json!(true), json!(["QQ"]), json!({ "from": "QQ" })] {
        let found = records(&installed, Some((false, forged("/next", odd.clone()))));
        assert_eq!(found, [undecodable(1), undecodable(1)], "{odd}");
    }
    assert_eq!(records(&installed, Some((true, forged("/next", Value::Null)))).map(|(_, requests)| requests), [1, 1]);
}

#[test]
fn a_record_that_comes_without_its_properties_is_read_once_more() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let bare = || forged("/entities/0", json!({ "identifier": grant }));
    let [all, one] = records(&installed, Some((false, bare())));
    assert_eq!(all, (Err(ApiErrorKind::Undecodable), 1));
    assert_eq!(one, (Ok(vec![grant.clone()]), 2));
    // Without them nothing on record would bear the role out.
    for search in [SEARCH, "POST /v1/blueprints/provisioned_permissions/entities/search"] {
        installed.harness.sandbox.faults.plan_first(search, bare());
        assert_quiet(&installed);
        installed.harness.sandbox.faults.clear();
    }
    // One that stays so is none that can be read.
    installed.harness.sandbox.faults.plan_exactly(SEARCH, bare());
    installed.sweep(&[]).exits(1);
    assert!(installed.is_live(&grant) && !installed.is_denied(&grant));
}
