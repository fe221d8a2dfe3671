// Counts timers down and shows what changes. Every page says the same without it, once it is loaded again.
"use strict";
(() => {
  const ahead = Date.parse(document.body.dataset.now) - Date.now();
  const now = () => Date.now() + ahead;
  const two = (number) => String(number).padStart(2, "0");

  const left = (milliseconds) => {
    const seconds = Math.floor(milliseconds / 1000);
    const [days, hours] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24];
    const [minutes, rest] = [Math.floor(seconds / 60) % 60, seconds % 60];
    return `${days ? `${days} d ` : ""}${days || hours ? `${hours} h ` : ""}${two(minutes)} min ${two(rest)} s`;
  };

  const tick = () => {
    for (const timer of document.querySelectorAll("time[data-ends]")) {
      const milliseconds = Date.parse(timer.dataset.ends) - now();
      timer.textContent = milliseconds > 0 ? `ends in ${left(milliseconds)}` : "expired";
    }
    const at = new Date(now());
    for (const clock of document.querySelectorAll("time[data-clock]")) {
      clock.textContent = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(":");
    }
  };

  // What in a place can be reached by keyboard, each with what it is known by once the place is new: its id, where it leads,
  // its name; the handle of a fold by the fold.
  const reachable = (place) => {
    const folds = [...place.querySelectorAll("details")];
    const fold = ({ parentElement: of }) => `fold ${of.id || folds.indexOf(of)}`;
    const key = (element) => element.id || element.getAttribute("href") || element.getAttribute("aria-label");
    const all = [...place.querySelectorAll("a[href], button, summary, [tabindex]")];
    return all.map((element) => [element.matches("summary") ? fold(element) : key(element), element]);
  };

  // Puts what the server says now into a place, and leaves open what was open and the focus where it was.
  const renew = (place, fresh) => {
    const folds = () => [...place.querySelectorAll("details")].map((details, at) => [details.id || at, details]);
    const open = folds().filter(([, details]) => details.open).map(([key]) => key);
    const focused = reachable(place).find(([, element]) => element === document.activeElement);
    place.replaceChildren(...fresh.childNodes);
    for (const [key, details] of folds()) details.open = open.includes(key);
    if (!focused) return;
    const same = reachable(place).find(([key]) => key && key === focused[0]);
    // What is gone has no focus to give back: whoever goes on does so from the content and not from the top of the page.
    (same ? same[1] : place.closest("main") ?? document.body).focus({ preventScroll: true });
  };

  const said = new Map();
  const places = () => [...document.querySelectorAll("[data-live]")];
  for (const place of places()) said.set(place.id, place.innerHTML);

  const look = async () => {
    const answer = await fetch(location.href, { cache: "no-store", redirect: "error" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const place of places()) {
      const fresh = page.getElementById(place.id);
      // It is another page now: what was set up is set up, what was granted is gone.
      if (!fresh) return location.reload();
      if (!fresh.hasAttribute("data-live")) place.removeAttribute("data-live");
      if (said.get(place.id) === fresh.innerHTML) continue;
      said.set(place.id, fresh.innerHTML);
      renew(place, fresh);
    }
    tick();
  };

  const follow = async () => {
    const waits = places().map((place) => Number(place.dataset.live));
    if (waits.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, Math.min(...waits)));
    // A portal that is stopped answers nothing; it may come back under another address only.
    try {
      if (!document.hidden) await look();
    } catch {
      return;
    }
    follow();
  };

  tick();
  setInterval(tick, 1000);
  follow();
})();
