#!/usr/bin/env node
// Looks at the pages of `port-iam report --output html` in a real browser.
//
//   report.mjs FOLDER PAGE...
//
// Each page is looked at in two widths, in light and dark: axe-core finds nothing, nothing is wider than the screen, and
// nothing is loaded or run. What is printed is light, and shows every table whole. Screenshots and a PDF go to FOLDER.
// NPMT names the folder of the npm packages, CHROMIUM the browser.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.env.NPMT}/package.json`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [folder, ...pages] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
// What an earlier run left says nothing of this one.
rmSync(`${folder}/report-failed.png`, { force: true });

const WIDE = { width: 1280, height: 900 };
const MIDDLE = { width: 850, height: 900 };
const NARROW = { width: 375, height: 900 };

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
// The policy of the page keeps axe-core out as it keeps everything out.
const context = await browser.newContext({ viewport: WIDE, bypassCSP: true });
context.setDefaultTimeout(120_000);
const page = await context.newPage();

const complaints = [];
page.on("pageerror", (error) => complaints.push(String(error)));
page.on("console", (message) => {
  if (message.type() === "error") complaints.push(message.text());
});
const asked = [];
page.on("request", (request) => asked.push(request.url()));

async function violations() {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
}

async function look(name) {
  for (const [width, size] of [["wide", WIDE], ["middle", MIDDLE], ["narrow", NARROW]]) {
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize(size);
      await page.emulateMedia({ media: "screen", colorScheme });
      assert.deepEqual(await violations(), [], `axe on ${name}, ${width}, ${colorScheme}`);
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(beyond <= 0, `${name} is ${beyond} px wider than a screen of ${size.width} px`);
      // A table may be scrolled by itself, and none has to be.
      const scrolled = await page.evaluate(() =>
        [...document.querySelectorAll(".scroll")]
          .filter((it) => it.scrollWidth > it.clientWidth)
          .map((it) => `${it.ariaLabel}: ${it.scrollWidth - it.clientWidth} px`),
      );
      assert.deepEqual(scrolled, [], `tables of ${name} that are wider than a screen of ${size.width} px`);
      await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png`, fullPage: true });
    }
  }
}

async function print(name) {
  // A page of A4 across, less the margins, at 96 pixels an inch.
  await page.setViewportSize({ width: 1016, height: 688 });
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(ground, "rgb(255, 255, 255)", "paper is white, however dark the screen is");
  const cut = await page.evaluate(() =>
    [...document.querySelectorAll(".scroll")].filter((it) => it.scrollWidth > it.clientWidth + 1).map((it) => it.ariaLabel),
  );
  assert.deepEqual(cut, [], "what paper cuts off");
  assert.deepEqual(await violations(), [], `axe on ${name}, printed`);
  await page.screenshot({ path: `${folder}/${name}-print.png`, fullPage: true });
  await page.pdf({ path: `${folder}/${name}.pdf`, preferCSSPageSize: true, printBackground: true });
  assert.ok(statSync(`${folder}/${name}.pdf`).size > 10_000);
}

// Whether a fault would be seen at all.
async function looksClosely() {
  await page.emulateMedia({ media: "screen", colorScheme: "light" });
  await page.evaluate(() => (document.querySelector("h1").style.color = "#cccccc"));
  assert.deepEqual((await violations()).map((told) => told.split(":")[0]), ["color-contrast"]);
}

try {
  for (const path of pages) {
    const name = basename(path, ".html");
    await page.goto(pathToFileURL(path).href);
    await look(name);
    await print(name);
  }
  await looksClosely();
  assert.deepEqual(asked, pages.map((path) => pathToFileURL(path).href), "everything is in the page itself");
  assert.deepEqual(complaints, [], "what the browser complained of");
} catch (error) {
  await page.screenshot({ path: `${folder}/report-failed.png`, fullPage: true }).catch(() => {});
  throw error;
} finally {
  await browser.close();
}
