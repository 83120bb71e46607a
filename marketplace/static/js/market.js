// What makes pages feel quick and forgiving. Every page works without this file.
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const on = (target, type, handler, options) => target.addEventListener(type, handler, options);
const show = (nodes) => nodes.forEach((node) => { node.hidden = false; });

// Errors: bring the summary to the reader.
document.querySelector("[data-focus]")?.focus();

// Forms: ask before what cannot be undone, then send once.
const confirmed = new WeakSet();
on(document, "submit", (event) => {
  const form = event.target, button = event.submitter;
  const question = button?.dataset.confirm ?? form.dataset.confirm;
  if (question && !confirmed.has(form) && window.HTMLDialogElement) {
    event.preventDefault();
    ask(question, button?.textContent.trim()).then((yes) => {
      if (!yes) return;
      confirmed.add(form);
      form.requestSubmit(button ?? undefined);
    });
    return;
  }
  if (!("once" in form.dataset)) return;
  if (form.dataset.sent || form.dataset.shrinking) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  const busy = button ?? form.querySelector("[type=submit]");
  busy?.setAttribute("aria-busy", "true");
  setTimeout(() => release(form), 15000);
});
const release = (form) => {
  delete form.dataset.sent;
  confirmed.delete(form);
  all("[aria-busy]", form).forEach((node) => node.removeAttribute("aria-busy"));
};
on(window, "pageshow", (event) => { if (event.persisted) all("form[data-once]").forEach(release); });

function ask(question, yesText) {
  const dialog = document.createElement("dialog");
  const text = document.createElement("p"), row = document.createElement("div");
  const [no, yes] = ["Không", yesText || "Có"].map((label, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = at ? "btn btn-primary" : "btn btn-plain";
    button.textContent = label;
    on(button, "click", () => dialog.close(at ? "yes" : ""));
    return button;
  });
  text.textContent = question;
  text.id = "hoi";
  row.className = "row";
  row.append(no, yes);
  dialog.setAttribute("aria-labelledby", "hoi");
  dialog.append(text, row);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => on(dialog, "close", () => {
    resolve(dialog.returnValue === "yes");
    dialog.remove();
  }));
}

// Money: read what people type (35k, 1tr2, 35.000) and say it back in figures and in words.
const DIGITS = "không một hai ba bốn năm sáu bảy tám chín".split(" ");
const SCALES = ["", "nghìn", "triệu", "tỷ"];
export function readMoney(typed) {
  const text = typed.trim().toLowerCase().replace(/\s*(đồng|vnđ|vnd|đ|₫)$/, "").replace(/\s+/g, " ");
  let found = text.match(/^(\d{1,6})(?:[.,](\d{1,3}))? ?(?:k|ng|nghìn|nghin|ngàn|ngan)$/);
  if (found) return +found[1] * 1000 + +(found[2] ?? "0").padEnd(3, "0");
  found = text.match(/^(\d{1,5})(?:[.,](\d{1,6}))? ?(?:tr|triệu|trieu|củ) ?(\d{1,3})?$/);
  if (found) return found[2] && found[3] ? null : +found[1] * 1e6 + +(found[2] ?? found[3] ?? "0").padEnd(6, "0");
  return /^(\d{1,12}|\d{1,3}([.,  ]\d{3}){1,3})$/.test(text) ? +text.replace(/\D/g, "") : null;
}
function spellGroup(group, leading) {
  const hundreds = Math.floor(group / 100), tens = Math.floor(group / 10) % 10, ones = group % 10, words = [];
  if (hundreds || !leading) words.push(DIGITS[hundreds], "trăm");
  if (!tens) return ones ? [...words, ...(words.length ? ["linh"] : []), DIGITS[ones]] : words;
  words.push(...(tens === 1 ? ["mười"] : [DIGITS[tens], "mươi"]));
  if (ones) words.push(ones === 1 && tens > 1 ? "mốt" : ones === 5 ? "lăm" : DIGITS[ones]);
  return words;
}
export function spell(number) {
  if (!number) return DIGITS[0];
  const words = [];
  for (let place = 3; place >= 0; place--) {
    const group = Math.floor(number / 1000 ** place) % 1000;
    if (group) words.push(...spellGroup(group, !words.length), SCALES[place]);
  }
  return words.filter(Boolean).join(" ");
}
all("[data-money]").forEach((input) => {
  const echo = document.getElementById(`${input.id}-echo`);
  const update = () => {
    const amount = readMoney(input.value);
    if (echo) echo.textContent = amount === null || amount > 1e11 ? "" : `${amount.toLocaleString("vi-VN")}đ - ${spell(amount)} đồng`;
  };
  on(input, "input", update);
  update();
});

// Amounts: plus and minus.
all("[data-step]").forEach((box) => {
  const input = box.querySelector("input"), { step, min, max } = box.dataset;
  show(all("[data-step-by]", box));
  on(box, "click", (event) => {
    const by = event.target.closest("[data-step-by]")?.dataset.stepBy;
    if (!by) return;
    const typed = input.value.trim();
    const now = Number(/^\d{1,3}(\.\d{3})+$/.test(typed) ? typed.replaceAll(".", "") : typed.replace(",", ".")) || 0;
    const next = Math.min(Math.max(now + by * step, Number(min ?? step)), Number(max ?? 1e6));
    input.value = String(Math.round(next * 1000) / 1000).replace(".", ",");
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
});

// Amounts of the basket are kept as soon as they are changed; whoever goes on at once takes them along.
// The page comes back with the same control in focus.
const FOCUS = "gio-hang-con-tro";
all("form[data-autosubmit]").forEach((form) => {
  let timer;
  const controls = () => all("button, input:not([type=hidden])", form), name = String(new FormData(form).get("offer_id"));
  on(form, "change", () => { clearTimeout(timer); timer = setTimeout(() => form.requestSubmit(), 700); });
  on(form, "submit", () => {
    clearTimeout(timer);
    timer = null;
    const at = controls().indexOf(document.activeElement);
    try { if (at >= 0) sessionStorage.setItem(FOCUS, `${name} ${at}`); } catch { /* without storage the focus is lost */ }
  });
  try {
    const [kept, at] = (sessionStorage.getItem(FOCUS) ?? "").split(" ");
    if (kept === name) { sessionStorage.removeItem(FOCUS); controls()[at]?.focus({ preventScroll: true }); }
  } catch { /* as above */ }
  on(document, "click", async (event) => {
    const link = event.target.closest("a[href]");
    if (!timer || !link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    clearTimeout(timer);
    timer = null;
    const kept = await fetch(form.action, { method: "POST", body: new FormData(form) }).then((answer) => answer.ok, () => false);
    kept ? location.assign(link.href) : form.requestSubmit();
  });
});

// Dates: said back as people write them, whatever language the browser's own field speaks; today, yesterday.
const WEEKDAYS = "Chủ nhật,Thứ Hai,Thứ Ba,Thứ Tư,Thứ Năm,Thứ Sáu,Thứ Bảy".split(",");
all("input[type=date]").forEach((input) => {
  const echo = document.getElementById(`${input.id}-said`);
  const say = () => {
    const [year, month, day] = input.value.split("-");
    const weekday = WEEKDAYS[new Date(`${input.value}T00:00`).getDay()];
    if (echo) echo.textContent = weekday ? `${weekday}, ${day}/${month}/${year}` : "";
  };
  on(input, "change", say);
  on(input, "input", say);
  if (input.value) say();
});
all("[data-date-for]").forEach((button) => {
  const input = document.getElementById(button.dataset.dateFor);
  if (input?.type !== "date") return;
  button.hidden = false;
  on(button, "click", () => {
    const day = new Date(Date.now() + button.dataset.days * 864e5);
    input.value = day.toLocaleDateString("sv-SE", { timeZone: "Asia/Ho_Chi_Minh" });
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
});

// Photos: shrunk to 1280 px before they cost data; drawing them anew leaves place and camera behind.
async function shrink(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, 1280 / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
  return blob ? new File([blob], file.name.replace(/\.\w+$/, ".jpg"), { type: "image/jpeg" }) : file;
}
all("[data-photo]").forEach((box) => {
  const input = box.querySelector("[type=file]"), previews = box.querySelector("[data-previews]");
  // The whole box takes the tap; what was chosen shows as pictures.
  box.classList.add("is-live");
  show(all(".photo-pick", box));
  const take = async () => {
    const form = input.form, chosen = new DataTransfer();
    if (form) form.dataset.shrinking = "1";
    all("img", previews).forEach((picture) => URL.revokeObjectURL(picture.src));
    previews.replaceChildren();
    for (const file of input.files) {
      const small = await shrink(file).catch(() => file);
      chosen.items.add(small);
      const picture = new Image();
      picture.src = URL.createObjectURL(small);
      picture.alt = small.name;
      previews.append(picture);
    }
    input.files = chosen.files;
    if (form) delete form.dataset.shrinking;
  };
  on(input, "change", take);
  // A browser may bring back what was chosen before.
  if (input.files.length) take();
});

// Type-ahead, for communes and for the search field (ARIA combobox with a list).
function combobox({ input, list, source, status, pick, clear }) {
  let items = [], at = -1, timer, flight;
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  const close = () => { list.hidden = true; at = -1; mark(); };
  const mark = () => {
    input.setAttribute("aria-expanded", String(!list.hidden));
    all("[role=option]", list).forEach((node, index) => node.setAttribute("aria-selected", String(index === at)));
    const active = at < 0 ? null : list.children[at];
    active ? input.setAttribute("aria-activedescendant", active.id) : input.removeAttribute("aria-activedescendant");
    active?.scrollIntoView({ block: "nearest" });
  };
  const choose = (index) => { pick(items[index]); close(); };
  mark();
  const load = async () => {
    flight?.abort();
    const typed = input.value.trim();
    if (typed.length < 2) return close();
    flight = new AbortController();
    try {
      const answer = await fetch(`${source}?q=${encodeURIComponent(typed)}`, { signal: flight.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) return close();
      const body = await answer.json();
      items = (body.items ?? []).slice(0, 8);
    } catch { return; }
    list.replaceChildren(...items.map((item, index) => {
      const node = document.createElement("li");
      node.setAttribute("role", "option");
      node.id = `${list.id}-${index}`;
      node.append(item.label);
      if (item.note) { const note = document.createElement("small"); note.append(item.note); node.append(note); }
      on(node, "pointerdown", (event) => event.preventDefault());
      on(node, "click", () => choose(index));
      return node;
    }));
    list.hidden = !items.length;
    at = -1;
    mark();
    if (status) status.textContent = items.length ? status.dataset.found.replace("#", items.length) : status.dataset.none;
  };
  on(input, "input", () => { clear?.(); clearTimeout(timer); timer = setTimeout(load, 160); });
  on(input, "blur", () => setTimeout(close, 120));
  on(input, "keydown", (event) => {
    if (list.hidden) return;
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) { event.preventDefault(); at = (at + move + items.length + (at < 0 && move < 0)) % items.length; mark(); }
    else if (event.key === "Enter" && at >= 0) { event.preventDefault(); choose(at); }
    else if (event.key === "Escape") close();
  });
}
all("[data-combo]").forEach((box) => {
  const input = box.querySelector("[data-combo-text]"), code = box.querySelector("[data-combo-code]");
  combobox({
    input, list: box.querySelector("[role=listbox]"), source: box.dataset.combo, status: box.querySelector("[data-combo-status]"),
    pick: (item) => { input.value = item.label; code.value = item.code; code.dispatchEvent(new Event("change", { bubbles: true })); },
    clear: () => { code.value = ""; },
  });
});
all("form[data-suggest]").forEach((form) => {
  const input = form.querySelector("[type=search]"), list = document.createElement("ul");
  list.id = `${input.id}-list`;
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.ariaLabel ?? input.labels[0].textContent);
  form.append(list);
  combobox({
    input, list, source: form.dataset.suggest,
    pick: (item) => { if (item.href?.startsWith("/")) location.assign(item.href); else { input.value = item.label; form.requestSubmit(); } },
  });
});

// Copy, share (Zalo stands in the phone's own sheet), print.
show(all("[data-copy], [data-print]"));
if (navigator.share) show(all("[data-share]"));
on(document, "click", async (event) => {
  const button = event.target.closest("[data-copy], [data-share], [data-print]");
  if (!button) return;
  const { copy, done, share, shareTitle, shareText } = button.dataset;
  if ("print" in button.dataset) window.print();
  else if (share) await navigator.share({ title: shareTitle, text: shareText, url: share }).catch(() => {});
  else {
    const label = button.querySelector("span"), before = label.textContent;
    await navigator.clipboard.writeText(copy).then(() => { label.textContent = done; }, () => {});
    setTimeout(() => { label.textContent = before; }, 2000);
  }
});

// A strip of areas that runs off the screen begins at the one that is open.
all(".side-strip [aria-current]").forEach((link) => {
  const strip = link.closest(".side-strip");
  strip.scrollLeft += link.getBoundingClientRect().left - strip.getBoundingClientRect().left - (strip.clientWidth - link.offsetWidth) / 2;
});

// Filters stand open where there is room.
if (matchMedia("(min-width: 56rem)").matches) all("details[data-open-wide]").forEach((node) => { node.open = true; });
on(document, "click", (event) => all("details.who[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; }));

// Pages that will probably be opened next are fetched at the first touch; not on a saved or slow line.
const line = navigator.connection;
if ("prefetch" in document.body.dataset && isSecureContext && !line?.saveData && !/2g/.test(line?.effectiveType ?? "")) {
  const seen = new Set([location.href]);
  const warm = (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || link.origin !== location.origin || link.search.includes("xoa") || seen.has(link.href) || seen.size > 20) return;
    if (!/^\/($|tim|san-pham|ho\/|xa\/|lo\/)/.test(link.pathname)) return;
    seen.add(link.href);
    const hint = Object.assign(document.createElement("link"), { rel: "prefetch", href: link.href });
    document.head.append(hint);
  };
  on(document, "touchstart", warm, { passive: true });
  on(document, "mouseover", warm, { passive: true });
}
