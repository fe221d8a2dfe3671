#!/usr/bin/env node
// Clicks through the portal of the sandbox in a real browser.
//
//   portal.mjs STORY ADDRESS FOLDER
//
// STORY is `grants` or `approval`. Every page that comes up is looked at in two widths, in light and dark: axe-core finds
// nothing, and nothing is wider than the screen. Screenshots go to FOLDER, and the text of all pages to FOLDER/STORY.html.
// NPMT names the folder of the npm packages, CHROMIUM the browser. Exits with 0 when the whole story came true.
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.NPMT}/package.json`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [story, address, folder] = process.argv.slice(2);
const origin = new URL(address).origin;
const record = `${folder}/${story}.html`;
mkdirSync(folder, { recursive: true });
for (const left of [record, `${folder}/${story}-failed.png`]) rmSync(left, { force: true });

// The machine may be busy: a run takes a second or two when it is not.
const PATIENCE = 120_000;
const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 375, height: 800 };

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
const context = await browser.newContext({ viewport: WIDE, colorScheme: "light" });
context.setDefaultTimeout(PATIENCE);
const page = await context.newPage();

// What the policy of the page keeps from running is told on the console; a page that is not there is told there too.
const complaints = [];
page.on("pageerror", (error) => complaints.push(String(error)));
page.on("console", (message) => {
  const isStatus = message.text().startsWith("Failed to load resource");
  if (message.type() === "error" && !isStatus) complaints.push(message.text());
});

async function look(name, on = page) {
  appendFileSync(record, await on.content());
  for (const [width, size] of [["wide", WIDE], ["narrow", NARROW]]) {
    for (const colorScheme of ["light", "dark"]) {
      await on.setViewportSize(size);
      await on.emulateMedia({ colorScheme });
      await on.evaluate(axe);
      const { violations } = await on.evaluate(() => globalThis.axe.run(document));
      const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
      assert.deepEqual(told, [], `axe on ${name}, ${width}, ${colorScheme}`);
      const beyond = await on.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(beyond <= 0, `${name} is ${beyond} px wider than a screen of ${size.width} px`);
      await on.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png`, fullPage: true });
    }
  }
  await on.setViewportSize(WIDE);
  await on.emulateMedia({ colorScheme: "light" });
}

// Whether a fault would be seen at all.
async function looksClosely() {
  await page.evaluate(axe);
  const pale = await page.evaluate(async () => {
    document.querySelector("h1").style.color = "#cccccc";
    const { violations } = await globalThis.axe.run(document);
    return violations.map(({ id }) => id);
  });
  assert.deepEqual(pale, ["color-contrast"]);
}

const link = (name) => page.getByRole("main").getByRole("link", { name }).first();
const button = (name) => page.getByRole("main").getByRole("button", { name, exact: true });
const text = (place = "main") => page.locator(place).innerText();
const goTo = (path) => page.goto(origin + path);

async function actAs(name) {
  const value = await page.getByRole("option", { name }).getAttribute("value");
  await page.getByLabel("Acting as").selectOption(value);
  await page.getByRole("button", { name: "Switch" }).click();
}

async function letPass(time) {
  await page.getByLabel(/Sandbox time/).selectOption(time);
  await page.getByRole("button", { name: "Let time pass" }).click();
}

// Fills in the form of a request, on its page already.
async function request(permission, duration, reason) {
  await page.getByLabel(permission).check();
  await page.getByLabel("Duration").fill(duration);
  await page.getByLabel("Reason").fill(reason);
  await button("Request permissions").click();
}

// Waits for the end of the run whose page is shown.
async function ends(status) {
  await page.locator("#state").getByText(status, { exact: true }).waitFor();
}

// Goes from the run that has ended well to the page of its grant, and returns its name.
async function toTheGrant() {
  await ends("Success");
  await link(/in provisioned_permissions/).click();
  return page.getByRole("heading", { level: 1 }).innerText();
}

async function test(action, resource) {
  await page.getByLabel("Action", { exact: true }).fill(action);
  await page.getByLabel("ARN of the resource").fill(resource);
  await button("Test").click();
  return text("#verdict");
}

async function isGone(grant) {
  await page.getByRole("heading", { name: `${grant} is gone` }).waitFor();
}

async function ready() {
  await page.goto(address);
  assert.equal(page.url(), `${origin}/`, "the token does not stay in the address");
  await page.locator("#set-up").waitFor({ state: "detached" });
  await link("My awesome S3 bucket").waitFor();
}

async function strangers() {
  const other = await browser.newContext();
  const closed = await other.newPage();
  assert.equal((await closed.goto(`${origin}/`)).status(), 401, "another browser");
  await look("closed", closed);
  await other.close();
}

async function catalog() {
  await look("start");
  for (const [name, content] of [["AWS Resource", "my-s3-bucket"], ["IAM Permissions", "s3:PutObject"]]) {
    await page.getByRole("navigation").getByRole("link", { name, exact: true }).click();
    assert.match(await text(), new RegExp(content));
    await look(`table-${name.toLowerCase().replace(" ", "-")}`);
  }
}

async function firstGrant() {
  await goTo("/catalog/aws_resource");
  await link("My awesome S3 bucket").click();
  await look("resource");
  await link("Request permissions").click();
  const offered = await page.getByRole("group", { name: /Permissions/ }).innerText();
  assert.match(offered, /s3:PutObject/);
  assert.doesNotMatch(offered, /ec2:StopInstances/, "the dataset of the action narrows the form");
  await look("form");

  await page.getByLabel("Reason").fill("<script>alert(1)</script>");
  await button("Request permissions").click();
  assert.match(await page.getByRole("alert").innerText(), /permissions/);
  assert.equal(await page.getByLabel("Reason").inputValue(), "<script>alert(1)</script>");
  await look("form-refused");

  await request(/Put S3 objects/, "300d", "upload every report");
  await ends("Failure");
  assert.match(await text(".log"), /300d/);
  await page.getByText("What it printed").waitFor();
  await look("run-refused");
  await goTo("/");
  await link("My awesome S3 bucket").click();
  await link("Request permissions").click();
  await request(/Put S3 objects/, "1h", "upload the quarterly report");
  await ends("Success");
  assert.match(await text(".log"), /Requester for this permission is: dana@acme.example/);
  await page.getByText("What it printed").click();
  assert.match(await text("#job-log"), /port-iam/);
  await look("run");
  const grant = await toTheGrant();

  const timer = page.locator("#entity time.timer").first();
  // As the server says it until the script has run.
  await timer.filter({ hasText: /ends in (1 h |59 min )/ }).waitFor();
  const before = await timer.innerText();
  await page.waitForFunction(([seen]) => document.querySelector("#entity time.timer").textContent !== seen, [before]);
  assert.match(await test("s3:PutObject", "arn:aws:s3:::my-s3-bucket/report.csv"), /^allowed by statement 1 /);
  await look("grant");
  assert.match(await test("s3:PutObject", "arn:aws:s3:::another-bucket/report.csv"), /^denied/);
  assert.match(await test("s3:DeleteObject", "arn:aws:s3:::my-s3-bucket/report.csv"), /^denied/);
  await goTo("/catalog/provisioned_permissions");
  assert.match(await text(), new RegExp(grant));
  await look("table-grants");
  return grant;
}

async function extendAndReturn(grant) {
  await link(grant).click();
  await link("Extend permissions").click();
  await page.getByLabel("Duration").fill("2h");
  await button("Extend permissions").click();
  const longer = await toTheGrant();
  assert.notEqual(longer, grant);
  assert.match(await text("#entity"), new RegExp(`Extends\\s+${grant}`));

  await actAs(/Max Bystander/);
  await link("Return permissions").click();
  await button("Return permissions").click();
  assert.match(await page.getByRole("alert").innerText(), /you may not execute action/);
  await look("form-not-for-max");
  await actAs(/Dana Developer/);

  await goTo(`/catalog/provisioned_permissions/${longer}`);
  await link("Return permissions").click();
  await button("Return permissions").click();
  await ends("Success");
  await goTo(`/catalog/provisioned_permissions/${longer}`);
  await isGone(longer);
}

async function revokeByKeyboard(grant) {
  await goTo(`/catalog/provisioned_permissions/${grant}`);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
  const tabTo = async (name) => {
    for (let presses = 0; (await focused()) !== name; presses += 1) {
      assert.ok(presses < 30, `${name} is reached by keyboard`);
      await page.keyboard.press("Tab");
    }
  };
  await tabTo("Revoke permissions");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/actions\//);
  await look("form-revoke");
  await page.evaluate(() => document.querySelector("main").focus());
  await tabTo("Revoke permissions");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/runs\//);
  await ends("Success");

  await goTo(`/catalog/provisioned_permissions/${grant}`);
  await isGone(grant);
  await look("grant-gone");
  await goTo(`/aws?role=${grant}`);
  const verdict = await test("s3:PutObject", "arn:aws:s3:::my-s3-bucket/report.csv");
  assert.match(verdict, new RegExp(`^denied there is no role ${grant}`));
  await look("aws-after");
  await goTo(`/catalog/permission_records/${grant}`);
  assert.match(await text("#entity"), /State\s+revoked/);
  await look("record");
  await goTo("/catalog/permission_records");
  await look("table-records");
}

async function timePasses() {
  await goTo("/");
  await link("My awesome EC2 machine").click();
  await link("Request permissions").click();
  await request(/Stop EC2 Instance/, "15m", "restart after the update");
  const grant = await toTheGrant();
  await goTo("/aws");
  assert.match(await text("#roles"), new RegExp(grant));
  await look("aws");
  await goTo(`/catalog/provisioned_permissions/${grant}`);
  await letPass("15 minutes");
  // Nobody loads the page again: it follows what happens.
  await isGone(grant);
  await goTo("/aws");
  assert.match(await text("#roles"), /There is no role of a grant/);
}

async function whatIsLeft() {
  await goTo("/runs");
  assert.match(await text(), /Revoke expired permissions/);
  await look("runs");
  await goTo("/audit");
  assert.match(await text(), /only administrators/);
  await look("audit-refused");
  await actAs(/Ada Engineer/);
  assert.match(await text(), /timer expired entity/);
  await look("audit");
  // Longer than a session with Port lasts.
  await letPass("1 day");
  assert.match(await text(), /timer expired entity/);
}

// Everything again by loading pages alone.
async function withoutScript() {
  const silent = await browser.newContext({ javaScriptEnabled: false });
  silent.setDefaultTimeout(PATIENCE);
  const plain = await silent.newPage();
  await plain.goto(address);
  await plain.getByLabel("Acting as").selectOption("dana@acme.example");
  await plain.getByRole("button", { name: "Switch" }).click();
  await plain.getByRole("main").getByRole("link", { name: "My awesome S3 bucket" }).click();
  await plain.getByRole("link", { name: "Request permissions" }).first().click();
  await plain.getByLabel(/Put S3 objects/).check();
  await plain.getByRole("button", { name: "Request permissions" }).click();
  await plain.locator("#state").getByText("Success", { exact: true }).waitFor();
  await plain.getByRole("link", { name: /in provisioned_permissions/ }).click();
  await plain.getByText(/ends in 4 hours/).waitFor();
  await silent.close();
}

async function approved() {
  await link("My awesome S3 bucket").click();
  await link("Request permissions").click();
  assert.match(await text(), /Somebody has to approve/);
  await request(/Put S3 objects/, "1h", "upload the quarterly report");
  await ends("Waiting for approval");
  assert.match(await text(), /Ada Engineer: asked/);
  assert.equal(await button("Approve").count(), 0, "nobody approves a request of his own");
  await goTo("/aws");
  assert.match(await text("#roles"), /There is no role of a grant/);
  await page.goBack();
  await actAs(/Ada Engineer/);
  await look("run-waiting");
  await button("Approve").click();
  await toTheGrant();
  assert.match(await test("s3:PutObject", "arn:aws:s3:::my-s3-bucket/report.csv"), /^allowed/);
}

async function declined() {
  await actAs(/Dana Developer/);
  await goTo("/");
  await link("My awesome EC2 machine").click();
  await link("Request permissions").click();
  await request(/Stop EC2 Instance/, "15m", "restart after the update");
  await ends("Waiting for approval");
  await actAs(/Ada Engineer/);
  await button("Decline").click();
  await ends("Declined");
  await look("run-declined");
}

try {
  await ready();
  if (story === "approval") {
    await approved();
    await declined();
  } else {
    await strangers();
    await catalog();
    const grant = await firstGrant();
    await extendAndReturn(grant);
    await revokeByKeyboard(grant);
    await timePasses();
    await whatIsLeft();
    await withoutScript();
  }
  await looksClosely();
  assert.deepEqual(complaints, [], "what the browser complained of");
} catch (error) {
  await page.screenshot({ path: `${folder}/${story}-failed.png`, fullPage: true }).catch(() => {});
  console.error(`On ${page.url()}:\n${await text("body").catch(() => "")}`);
  throw error;
} finally {
  await browser.close();
}
