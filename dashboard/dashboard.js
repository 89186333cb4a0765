/**
 * Keeps a page as new as the factory: when the server says that something changed, the page is read again, and what
 * differs is put in place, so that focus, selection and what is open stay. Without it every page can be read all the same.
 */
const body = document.body;
const live = document.getElementById("live");
let reading = false;
let again = false;

/** Makes `old` what `fresh` is, keeping every node that can stay. */
function renew(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  const isSame = old.nodeName === fresh.nodeName && old.id === fresh.id;
  if (!isSame) old.replaceWith(fresh);
  else if (old.nodeType !== Node.ELEMENT_NODE) old.nodeValue = fresh.nodeValue;
  else {
    renewAttributes(old, fresh);
    if (!/^(INPUT|TEXTAREA|SELECT)$/.test(old.nodeName)) renewChildren(old, fresh);
  }
}

/** What a person opened stays open. */
function renewAttributes(old, fresh) {
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
}

/** A child with an id is found by it, wherever it moved to; the others stand in order. */
function renewChildren(old, fresh) {
  const named = new Map([...old.children].filter(({ id }) => id).map((one) => [one.id, one]));
  let at = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const there = child.id ? named.get(child.id) : findUnnamed(at);
    if (!there) {
      old.insertBefore(child, at);
      continue;
    }
    if (there === at) at = at.nextSibling;
    else old.insertBefore(there, at);
    renew(there, child);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function findUnnamed(node) {
  return node?.id ? undefined : node;
}

async function refresh() {
  again = reading;
  if (reading) return;
  reading = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.redirected && new URL(answer.url).pathname === "/login") location.reload();
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = document.getElementById("main");
    const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 40;
    for (const button of main.querySelectorAll(".copy")) button.remove();
    renew(main, fresh.getElementById("main"));
    live.querySelector(".when").replaceWith(fresh.querySelector("#live .when"));
    addCopyButtons();
    if (atEnd && body.dataset.topic === "transcripts") scrollTo(0, document.body.scrollHeight);
  } finally {
    reading = false;
    if (again) void refresh();
  }
}

/** As views/text.ts writes it. */
function formatDuration(seconds) {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172800) return `${(seconds / 3600).toFixed(seconds < 36000 ? 1 : 0)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

/** A recording has a clock of its own, which its pages tell anew with each event. */
function age() {
  if (body.dataset.clock) return;
  for (const time of document.querySelectorAll("time"))
    time.textContent = formatDuration((Date.now() - Date.parse(time.dateTime)) / 1000);
}

function addCopyButtons() {
  for (const command of document.querySelectorAll(".command")) {
    if (command.querySelector(".copy")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy quiet";
    button.textContent = "copy";
    button.setAttribute("aria-label", `Copy ${command.textContent}`);
    button.addEventListener("click", async () => {
      await navigator.clipboard?.writeText(command.querySelector("code").textContent);
      button.textContent = "copied";
      setTimeout(() => {
        button.textContent = "copy";
      }, 1500);
    });
    command.append(button);
  }
}

/** g and a letter lead to a page, j and k to the next line that can be opened. */
const places = { o: "/", b: "/board", a: "/bots", c: "/charts" };
let lead = false;
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.nodeName)) return;
  if (lead && places[event.key]) location.assign(places[event.key]);
  lead = event.key === "g";
  if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
}

function step(by) {
  const stops = [...document.querySelectorAll("main a[href], main summary, main button")];
  const at = stops.indexOf(document.activeElement);
  stops[Math.min(stops.length - 1, Math.max(0, at + by))]?.focus();
}

function listen() {
  const { topic, seen } = body.dataset;
  if (!seen) return;
  const source = new EventSource(`/live?${new URLSearchParams({ topic, seen })}`);
  source.onopen = () => live.classList.add("on");
  source.onmessage = () => void refresh();
  source.onerror = () => {
    live.classList.remove("on");
    // One that was refused does not try again by itself.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  };
}

addCopyButtons();
document.addEventListener("keydown", onKey);
setInterval(age, 5000);
listen();
