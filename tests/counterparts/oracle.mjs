#!/usr/bin/env node
// A second opinion on IAM policies: is ACTION on RESOURCE allowed?
//
//   oracle.mjs CASES.jsonl
//
// Each line is {"identity": [policy, …], "boundary": policy | null, "action": …, "resource": …, "principal": ARN,
// "account": id, "context": {key: value}, "resourcePolicy": policy | absent}. Prints one line a case, in order:
// {"verdict": "allowed" | "denied" | "error", "why": …}. A line without an action is no case: what it says holds for those
// below it where they say nothing else, and its policies are checked once.
//
// Judged by the npm package @cloud-copilot/iam-simulate over AWS's tables of actions, resource types and condition
// keys. Its licence is the AGPL, so it is run as a process of its own and is no part of this project. NPMT names the
// folder it is installed in.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.NPMT}/package.json`);
const { runSimulation } = require("@cloud-copilot/iam-simulate");
// The package that the simulator itself reads policies with.
const ofSimulator = createRequire(require.resolve("@cloud-copilot/iam-simulate"));
const { createValidatedPolicy, validateIdentityPolicy, validateServiceControlPolicy } = ofSimulator("@cloud-copilot/iam-policy");

// The simulator wants an organisation; this one forbids nothing.
const everything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
const organisation = [
  {
    orgIdentifier: "root",
    policies: [{ name: "FullAWSAccess", policy: createValidatedPolicy(everything, validateServiceControlPolicy) }],
  },
];

async function judge({ identity, boundary, action, resource, principal, account, context, resourcePolicy }) {
  const simulation = {
    request: { principal, action, resource: { resource, accountId: account }, contextVariables: context },
    identityPolicies: identity.map((policy, index) => ({ name: `policy-${index}`, policy })),
    serviceControlPolicies: organisation,
    resourceControlPolicies: [],
    ...(resourcePolicy ? { resourcePolicy } : {}),
    ...(boundary ? { permissionBoundaryPolicies: [{ name: "boundary", policy: boundary }] } : {}),
  };
  const answer = await runSimulation(simulation, {});
  if (answer.resultType === "error") return { verdict: "error", why: JSON.stringify(answer.errors) };
  return { verdict: answer.overallResult === "Allowed" ? "allowed" : "denied", why: answer.overallResult };
}

const lines = readFileSync(process.argv[2], "utf8").split("\n").filter((line) => line.trim());
const answers = [];
let common = {};
for (const line of lines) {
  const read = JSON.parse(line);
  if (read.action) answers.push(JSON.stringify(await judge({ ...common, ...read })));
  else common = { ...read, identity: read.identity.map((policy) => createValidatedPolicy(policy, validateIdentityPolicy)) };
}
process.stdout.write(answers.map((answer) => `${answer}\n`).join(""));
