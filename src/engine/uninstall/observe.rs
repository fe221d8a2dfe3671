//! Looks at what of an installation is there: reads only.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join_all, try_join, try_join_all, try_join3, try_join4};
use jiff::Timestamp;
use serde_json::Value;

use super::{Looked, Uninstalling};
use crate::assets::{action_forms, blueprints as our_blueprints, dashboard, policy_template, trust_template};
use crate::clients::aws::{Aws, HolderKind};
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::github::{EnvironmentFacts, Head, Repository};
use crate::clients::port::SearchRule;
use crate::domain::account::AwsAccount;
use crate::domain::catalog::Entity;
use crate::domain::names::{GRANTER_ROLE, Names, REVOKER_ROLE};
use crate::domain::overview::{Row, compose};
use crate::domain::resource_types::ResourceTypes;
use crate::domain::setup::{
    BranchesSeen, Origin, RULESET, SecretStore, is_our_ruleset, is_setup_commit, is_within_our_ruleset,
};
use crate::domain::tags::{MARK, SCOPE, Scope, TAKEN_OVER, tag_value, value_of};
use crate::domain::uninstall::{
    AwsSeen, CODEOWNERS, EntitiesSeen, EnvironmentSeen, FileSeen, Holder, Originals, PolicySeen, ProviderSeen,
    ReleaseSeen, RepositorySeen, RoleSeen, RulesetSeen, Seen,
};
use crate::engine::overview::Looking;
use crate::engine::setup::page;
use crate::failure::Failure;

/// How many records are looked up in one search.
const RECORDS_AT_ONCE: usize = 200;
/// The property that `seed` sets on what it makes.
const SEEDED: &str = "seeded";

impl Uninstalling<'_> {
    /// Looks at everything.
    ///
    /// # Errors
    ///
    /// Fails when a system refuses or cannot be asked.
    pub async fn observe(&self) -> Result<Looked, Failure> {
        let (owner, name) = &self.target;
        let port = self.engine.port;
        let page = async { page::seen(port.page(&self.engine.names.dashboard).await) };
        let (blueprints, (actions, page), organization, repository) = try_join4(
            port.blueprints(),
            try_join(port.actions(), page),
            port.organization_id(),
            self.github.repository(owner, name),
        )
        .await?;
        let inside = async {
            match &repository {
                Some(repository) => {
                    // Before any file is read: what is read is at least as new as what locks its deletion.
                    let head = self.github.head(repository, &repository.default_branch).await?;
                    let seen = self.inside(repository, head.as_ref()).await?;
                    Ok((head, Some(seen)))
                }
                None => Ok::<_, ApiError>((None, None)),
            }
        };
        let identities =
            try_join_all(self.accounts().map(|(aws, caller)| identities(aws, self.engine.names, &caller.account)));
        let in_port = try_join(self.entities(&blueprints), self.permissions(&blueprints));
        let ((entities, permissions), (head, inside), mut accounts) = try_join3(in_port, inside, identities).await?;
        let aws = accounts.remove(0);
        let grants = self.grants(&blueprints).await?;
        let grants_of_others = self.grants_of_others(&blueprints, &grants).await?;
        let prefix = &self.engine.names.prefix;
        let scope =
            repository.as_ref().map(|repository| tag_value(&Scope::new(&organization, repository.id, prefix).0));
        let seen = Seen {
            names: self.engine.names.clone(),
            target: self.target.clone(),
            originals: originals(self.engine.names),
            blueprints,
            actions,
            permissions,
            page,
            entities,
            grants,
            grants_of_others,
            repository: inside,
            scope,
            aws,
            further: accounts,
            left_accounts: self.left_accounts.clone(),
        };
        Ok(Looked { seen, repository, head })
    }

    /// Returns every grant, of which AWS tells whether it can be used.
    async fn grants(&self, blueprints: &[Value]) -> Result<Vec<Row>, Failure> {
        let names = self.engine.names;
        let is_there = |name: &String| blueprints.iter().any(|blueprint| blueprint["identifier"] == name.as_str());
        // Without our blueprints Port knows of none.
        let knows = is_there(&names.provisioned_permissions) && is_there(&names.permission_records);
        let looking = Looking {
            further: self.further,
            names,
            port: knows.then_some(self.engine.port),
            aws: Some((self.engine.aws, self.caller)),
            reads_every_role: true,
        };
        Ok(compose(&looking.overview(false).await?))
    }

    /// Returns which of the grants that our catalog does not list another installation of the organisation has on
    /// record: a role alone does not tell two in one repository apart.
    async fn grants_of_others(&self, blueprints: &[Value], grants: &[Row]) -> Result<BTreeSet<String>, ApiError> {
        let unlisted: Vec<String> = grants.iter().filter(|row| !row.is_listed).map(|row| row.grant.clone()).collect();
        let plain = Names::default().permission_records;
        let own = &self.engine.names.permission_records;
        let is_of_others = |name: &&str| *name != own && (*name == plain || name.ends_with(&format!("_{plain}")));
        let records = blueprints.iter().filter_map(|blueprint| blueprint["identifier"].as_str()).filter(is_of_others);
        let mut found = BTreeSet::new();
        for blueprint in records {
            for some in unlisted.chunks(RECORDS_AT_ONCE) {
                let take = |record: Entity| _ = found.insert(record.identifier);
                let rules = [SearchRule::IdentifierIn(some.to_vec())];
                self.engine.port.each_entity_bare_or_not(blueprint, &rules, &[], take).await?;
            }
        }
        Ok(found)
    }

    async fn entities(&self, blueprints: &[Value]) -> Result<BTreeMap<String, EntitiesSeen>, ApiError> {
        let names = self.engine.names;
        let ours =
            [&names.aws_resource, &names.iam_permissions, &names.provisioned_permissions, &names.permission_records];
        let there: Vec<(&String, &Value)> = ours
            .into_iter()
            .filter_map(|name| {
                let blueprint = blueprints.iter().find(|blueprint| blueprint["identifier"] == name.as_str())?;
                Some((name, blueprint))
            })
            .collect();
        let entities = there.into_iter().map(async |(name, blueprint)| {
            let mut seen = EntitiesSeen::default();
            let has_mark = blueprint["schema"]["properties"][SEEDED].is_object();
            let include: &[&str] = if has_mark { &[SEEDED] } else { &[] };
            let take = |entity: Entity| {
                let list = if entity.properties[SEEDED] == true { &mut seen.seeded } else { &mut seen.others };
                list.push(entity.identifier);
            };
            self.engine.port.each_entity_bare_or_not(name, &[], include, take).await?;
            Ok::<_, ApiError>((name.clone(), seen))
        });
        Ok(try_join_all(entities).await?.into_iter().collect())
    }

    /// Returns who may do what with the entities of our blueprints.
    async fn permissions(&self, blueprints: &[Value]) -> Result<BTreeMap<String, Value>, ApiError> {
        let is_there = |name: &&str| blueprints.iter().any(|blueprint| blueprint["identifier"] == *name);
        let asked = self.engine.names.blueprints().filter(is_there);
        let asked = asked.map(async |name| Ok((name.to_owned(), self.engine.port.blueprint_permissions(name).await?)));
        let answers = try_join_all(asked).await?.into_iter();
        Ok(answers.filter_map(|(name, permissions)| Some((name, permissions?))).collect())
    }

    async fn inside(&self, repository: &Repository, head: Option<&Head>) -> Result<RepositorySeen, ApiError> {
        let (github, names) = (self.github, self.engine.names);
        let nothing = BTreeMap::new();
        let blobs = head.map_or(&nothing, |head| &head.blobs);
        let workflows = [&names.create_workflow, &names.delete_workflow, &names.sweep_workflow];
        let mut paths: Vec<String> = workflows.map(|file| format!(".github/workflows/{file}")).to_vec();
        paths.extend([&names.rules_path, &names.policy_template_path, &names.trust_template_path].map(Clone::clone));
        paths.push(CODEOWNERS.to_owned());
        paths.retain(|path| blobs.contains_key(path));
        let other_files = blobs.len() - paths.len();
        let files = paths.into_iter().map(async |path| self.file(repository, path).await);
        let environment = &names.environment;
        let store = SecretStore::Environment(environment.clone());
        let in_environment = async {
            let Some(facts) = github.environment_facts(repository, environment).await? else { return Ok(None) };
            let held =
                try_join(github.secret_names(repository, &store), github.variable_names(repository, environment));
            Ok(Some((facts, held.await?)))
        };
        let guard = try_join(self.ruleset(repository), github.immutable_releases(repository));
        let history = try_join(github.releases(repository), self.first_commit(repository, head));
        let ((files, guard), in_environment, repository_secrets, (releases, first_commit)) = try_join4(
            try_join(try_join_all(files), guard),
            in_environment,
            github.secret_names(repository, &SecretStore::Repository),
            history,
        )
        .await?;
        let (environment, held) = in_environment.unzip();
        let (environment_secrets, environment_variables) = held.unwrap_or_default();
        let environment = environment.map(|facts| environment_seen(facts, &repository.default_branch));
        let releases = releases.into_iter().map(|release| ReleaseSeen {
            id: release.id,
            tag: release.tag,
            is_draft: release.is_draft,
            is_immutable: release.is_immutable,
            published: release.published,
            assets: release.assets.into_iter().map(|asset| asset.name).collect(),
        });
        Ok(RepositorySeen {
            branch: repository.default_branch.clone(),
            files,
            other_files,
            first_commit,
            ruleset: guard.0,
            has_immutable_releases: guard.1 == Some(true),
            environment,
            environment_secrets,
            environment_variables,
            repository_secrets,
            releases: releases.collect(),
        })
    }

    async fn ruleset(&self, repository: &Repository) -> Result<Option<RulesetSeen>, ApiError> {
        let named = self.github.rulesets(repository).await?;
        let Some((id, _)) = named.into_iter().find(|(_, name)| name == RULESET) else { return Ok(None) };
        let whole = self.github.ruleset(repository, id).await?;
        let is_ours = |whole: &Value| is_our_ruleset(whole) && is_within_our_ruleset(whole);
        let rules = |whole: &Value| {
            let rules = whole["rules"].as_array().map(Vec::as_slice).unwrap_or_default();
            rules.iter().filter_map(|rule| rule["type"].as_str().map(str::to_owned)).collect()
        };
        let made = |whole: &Value| whole["created_at"].as_str().and_then(|text| text.parse().ok());
        let seen =
            |whole: Value| RulesetSeen { id, is_ours: is_ours(&whole), rules: rules(&whole), made: made(&whole) };
        Ok(whole.map(seen))
    }

    /// Returns when `init` committed the first workflow here, which the history tells behind its end, too.
    async fn first_commit(&self, repository: &Repository, head: Option<&Head>) -> Result<Option<Timestamp>, ApiError> {
        if head.is_none() {
            return Ok(None);
        }
        let path = format!(".github/workflows/{}", self.engine.names.create_workflow);
        let commits = self.github.commits_to(repository, &path).await?;
        let of_init = commits.into_iter().filter(|(headline, _)| is_setup_commit(headline));
        Ok(of_init.filter_map(|(_, made)| made).min())
    }

    async fn file(&self, repository: &Repository, path: String) -> Result<FileSeen, ApiError> {
        let (github, names) = (self.github, self.engine.names);
        let text = match github.file(repository, &path).await {
            // Ours are text.
            Err(error) if error.kind == ApiErrorKind::Undecodable => None,
            text => text?,
        };
        let templates = match &path {
            path if *path == names.policy_template_path => vec![policy_template()],
            // It names the account of the workflows, whosever credentials come first here.
            path if *path == names.trust_template_path => {
                let accounts = self.accounts().map(|(_, caller)| &caller.account);
                accounts.map(|account| trust_template(&account.partition, account.id.as_str())).collect()
            }
            _ => {
                let says_so = text.as_deref().is_some_and(|text| Origin::of(text) == Origin::AsWritten);
                let newest = if says_so { github.last_commit_to(repository, &path).await? } else { None };
                return Ok(FileSeen::of_text(path, text.as_deref(), newest.as_deref()));
            }
        };
        let there = text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let is_as_written =
            there.is_some_and(|there| templates.into_iter().flatten().any(|template| template == there));
        let (headlines, _): (Vec<String>, Vec<_>) = github.commits_to(repository, &path).await?.into_iter().unzip();
        Ok(FileSeen::of_template(path, is_as_written, &headlines))
    }
}

/// Returns an environment, with what it demands beyond ours. One that more may use than ours is a loosened one of ours.
fn environment_seen(facts: EnvironmentFacts, branch: &str) -> EnvironmentSeen {
    let mut beyond = facts.rules;
    match facts.branches {
        BranchesSeen::Every => {}
        BranchesSeen::Protected => beyond.push("a protected branch".to_owned()),
        BranchesSeen::Named(names) => {
            beyond.extend(
                names.into_iter().filter(|name| name != branch).map(|name| format!("{name}, which may use it too")),
            );
        }
    }
    EnvironmentSeen { beyond, made: facts.made }
}

/// Returns what an account holds of the workflows' identities.
async fn identities(aws: &Aws, names: &Names, account: &AwsAccount) -> Result<AwsSeen, ApiError> {
    let roles = async {
        let roles = join_all([GRANTER_ROLE, REVOKER_ROLE].map(|name| role(aws, name))).await;
        roles.into_iter().filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()
    };
    let policies = async {
        let names = [GRANTER_ROLE, REVOKER_ROLE, &names.boundary];
        let policies = join_all(names.map(|name| policy(aws, account, name))).await;
        policies.into_iter().filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()
    };
    let (roles, policies, provider) = try_join3(roles, policies, provider(aws, account)).await?;
    Ok(AwsSeen { account: account.clone(), roles, policies, provider })
}

async fn role(aws: &Aws, name: &str) -> Result<Option<RoleSeen>, ApiError> {
    let Some(role) = aws.role(name).await? else { return Ok(None) };
    let (attached, inline) = try_join(aws.attached_policies(name), aws.inline_policies(name)).await?;
    Ok(Some(RoleSeen {
        name: name.to_owned(),
        is_marked: value_of(&role.tags, MARK.0) == Some(MARK.1),
        was_there_before: value_of(&role.tags, TAKEN_OVER.0).is_some(),
        scope: value_of(&role.tags, SCOPE).map(str::to_owned),
        attached: attached.unwrap_or_default(),
        inline: inline.unwrap_or_default(),
    }))
}

async fn policy(aws: &Aws, account: &AwsAccount, name: &str) -> Result<Option<PolicySeen>, ApiError> {
    let arn = account.iam_arn("policy", name);
    let Some(policy) = aws.policy(&arn).await? else { return Ok(None) };
    let holders = aws.holders(&arn).await?.into_iter().map(|holder| {
        let kind = match holder.kind {
            HolderKind::User => "user",
            HolderKind::Group => "group",
            HolderKind::Role => "role",
        };
        Holder { kind, name: holder.name }
    });
    let is_marked = value_of(&policy.tags, MARK.0) == Some(MARK.1);
    Ok(Some(PolicySeen { name: name.to_owned(), arn, is_marked, holders: holders.collect() }))
}

async fn provider(aws: &Aws, account: &AwsAccount) -> Result<Option<ProviderSeen>, ApiError> {
    let arn = account.github_provider_arn();
    let Some(tags) = aws.provider_tags(&arn).await? else { return Ok(None) };
    let is_marked = value_of(&tags, MARK.0) == Some(MARK.1);
    // All roles of the account are only read where it matters.
    let trusted_by = if is_marked { aws.roles_that_trust(&arn).await? } else { Vec::new() };
    Ok(Some(ProviderSeen { arn, is_marked, trusted_by }))
}

/// Returns what `init` makes in Port. Beside what cannot be rendered all that is there is named as somebody's addition.
fn originals(names: &Names) -> Originals {
    Originals {
        blueprints: our_blueprints(names, &ResourceTypes::default()).unwrap_or_default(),
        forms: action_forms(names).unwrap_or_default(),
        page: dashboard(names).unwrap_or_default(),
    }
}
