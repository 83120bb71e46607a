// The page of a lot checks itself: it fetches the proof file, lets lot-proof.js say what follows from its bytes, compares
// that with every step that stands on the page, and writes its finding there. lot-start.js loads it when it is needed.
const ZONE_MS = 7 * 36e5, LIMIT_MS = 20_000;
// After so long something that still waits for its place in the log is no longer normal.
const SLOW_MS = 600_000;
// A record is a little older than the moment in which others can see it.
const COMMIT_MS = 60_000;
// What a household has just changed of itself is in the log some seconds later: how long to wait before looking again.
const MAKER_MS = [3000, 5000], DAY_MS = 864e5;
const MEMORY = "so-minh-bach";
// Kinds of records that a page does not tell buyers.
export const SILENT = new Set(["listed", "unlisted", "season_closed"]);
// Fields that every step tells when its record holds them.
const TOLD = ["product", "activeIngredient", "target", "dose", "amount", "supplierLot", "paperNo"];
const OUTCOMES = new Set(["harvest", "slaughter", "making", "packing"]);
// Units whose label is not their code (marketplace/core/quantity.py).
export const UNITS = { l: "lít", qua: "quả", chuc: "chục", bo: "bó", mo: "mớ", nai: "nải", cay: "cây", cai: "cái", hu: "hũ", hop: "hộp", goi: "gói", tui: "túi" };
// Kinds of certificates (sellers/rules.py).
export const PAPERS = { vietgap: "VietGAP", ocop: "OCOP", organic: "Hữu cơ", food_safety: "An toàn thực phẩm" };
const LOOKS = {
  ok: ["check", "success", "Đã kiểm"], waiting: ["clock", "info", "Đang chờ vào sổ"],
  unknown: ["info", "neutral", "Chưa kiểm được"], bad: ["warning", "danger", "KHÔNG KHỚP"],
};

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const count = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ".");
const spellDay = (iso) => iso.split("-").reverse().join("/");
const dayOf = (time) => new Date(Date.parse(time) + ZONE_MS).toISOString().slice(0, 10);
const clockOf = (time) => `${new Date(Date.parse(time) + ZONE_MS).toISOString().slice(11, 16)} ngày ${spellDay(dayOf(time))}`;
const tidy = (text) => text.replace(/\s+/g, " ").trim();

// What the page has to say where it copies a field out of a sealed record; undefined when the record has no such field.
export function spellField(body, field) {
  const value = body[`cq:${field}`] ?? body.ilmd?.[`cq:${field}`];
  if (value === undefined || value === null) return undefined;
  if (field === "amount") {
    const [whole, part] = Math.abs(value).toFixed(3).split("."), unit = body["cq:unit"];
    const number = count(whole) + (Number(part) ? `,${part.replace(/0+$/, "")}` : "");
    return unit ? `${number} ${UNITS[unit] ?? unit}` : number;
  }
  if (Array.isArray(value)) return value.join(", ");
  return /^\d{4}-\d\d-\d\d$/.test(value) ? spellDay(value) : String(value);
}

const node = (tag, text = "", name = "") => {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  if (name) made.className = name;
  return made;
};

const box = document.querySelector("[data-check]");
const sprite = box.querySelector("use").getAttribute("href").split("#")[0];
function icon(name) {
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg"), use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  drawn.setAttribute("class", "icon");
  drawn.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${sprite}#${name}`);
  drawn.append(use);
  return drawn;
}

const part = (name) => box.querySelector(`[data-check-${name}]`);
let proof, result, running;

function paint(state, said, lines = []) {
  const [name, tone] = LOOKS[state];
  box.className = `self-check notice tone-${tone}`;
  box.dataset.state = state;
  box.querySelector("use").setAttribute("href", `${sprite}#${name}`);
  part("said").textContent = said;
  const list = part("list");
  list.replaceChildren(...lines.map((line) => node("li", line)));
  list.hidden = !lines.length;
}

// The steps. A finding is a state and the sentences that say why; the first one that is bad decides.
class Finding {
  constructor() { Object.assign(this, { state: "ok", said: [], faults: [] }); }
  bad(said) { this.state = "bad"; this.faults.push(said); }
  lower(state, said) { if (this.state === "ok") this.state = state; this.said.push(said); }
  good(said) { this.said.push(said); }
}

function checkStep(step, found, seen) {
  const finding = new Finding(), { record, entry: place, entered, kind, day } = step.dataset;
  if (!record) {
    if ("sum" in step.dataset) finding.lower("unknown", "Bước này gộp nhiều kiện hàng. Từng kiện có ghi chép riêng, không nêu ở đây, nên máy không kiểm được.");
    else finding.bad("Bước này không kèm ghi chép nào để kiểm.");
    return finding;
  }
  if (found.checkpointFault) { finding.bad("Mốc của sổ không tin được, nên không có gì chứng minh bước này."); return finding; }
  const entry = found.byHash.get(record) ?? (place === undefined ? undefined : found.byIndex.get(Number(place)));
  if (!entry) {
    const isPlaced = place !== undefined && Number(place) < found.checkpoint.size;
    if (isPlaced) finding.bad("Trang nói bước này đã vào sổ, nhưng trong sổ không có.");
    else if (Date.parse(box.dataset.drawn) - Date.parse(entered) > SLOW_MS) finding.lower("waiting", `Ghi từ ${clockOf(entered)} mà chưa vào sổ. Lâu như vậy là bất thường, hãy hỏi chợ.`);
    else finding.lower("waiting", "Ghi chép mới, vài giây nữa mới vào sổ. Tải lại trang rồi xem lại.");
    return finding;
  }
  finding.entry = entry;
  if (seen.has(entry)) finding.bad("Cùng một ghi chép mà trang kể hai lần.");
  seen.add(entry);
  if (entry.fault) { finding.bad(entry.fault.message); return finding; }
  if (entry.hash !== record) { finding.bad("Nội dung không còn đúng như lúc vào sổ: đã bị sửa."); return finding; }
  if (!entry.body || entry.leaf.kind !== "event") { finding.bad("Mục này trong sổ không phải là một ghi chép về lô hàng."); return finding; }
  finding.good(`Đúng từng chữ với mục số ${count(entry.index)} trong sổ. Giờ vào sổ: ${clockOf(entry.leaf.recordTime)}.`);
  if (kind !== entry.body["cq:kind"]) finding.bad("Trang kể một việc khác với việc trong sổ.");
  const sealedDay = dayOf(entry.body.eventTime), when = tidy(step.querySelector(".tl-when")?.textContent ?? "");
  if (day !== sealedDay || when !== spellDay(sealedDay)) finding.bad(`Trang ghi ngày ${when}, trong sổ là ngày ${spellDay(sealedDay)}.`);
  compareFields(all("[data-of]", step), entry.body, finding);
  for (const field of TOLD) {
    const sealed = spellField(entry.body, field);
    if (sealed !== undefined && !step.querySelector(`dd[data-of=${field}]`)) finding.bad(`Trang bỏ bớt điều có trong sổ: “${sealed}”.`);
  }
  if (entry.body.sensorElementList) finding.good("Số đo nằm trong bản gốc dưới đây. Câu kể và hình vẽ do chợ làm từ số ấy, máy không kiểm.");
  checkAuthor(step, entry.body, finding);
  comparePhotos(step, entry.body, finding);
  checkCorrection(step, found.corrected.get(record), finding);
  if (entry.body["cq:kind"] === "verification") checkSignature(found, entry, finding);
  return finding;
}

// Nothing to wait for is said in other words than a number.
const repeats = (shown, sealed) => sealed === "0" || shown.split(sealed).slice(1).some((after, at) => !/^\d/.test(after) && !/\d$/.test(shown.split(sealed)[at]));

function compareFields(copies, body, finding) {
  for (const copied of copies) {
    const shown = tidy(copied.textContent), isWhole = copied.tagName === "DD" || copied.tagName === "H1";
    for (const field of copied.dataset.of.split(" ")) {
      const sealed = spellField(body, field);
      if (sealed === undefined) {
        // A lot's head may tell what it has from the lot that it came from.
        if (isWhole && copied.closest(".timeline")) finding.bad(`Trang ghi “${shown}”, trong sổ không có.`);
        continue;
      }
      if (isWhole ? shown !== tidy(sealed) : !repeats(shown, tidy(sealed))) {
        finding.bad(`Trang ghi “${shown}”, trong sổ là “${tidy(sealed)}”.`);
      }
    }
  }
}

const photoOf = (address) => new URL(address, location).pathname.match(/^\/anh\/([0-9a-f]{64})\//)?.[1];
function comparePhotos(step, body, finding) {
  const sealed = body["cq:photos"] ?? [];
  for (const link of all(".tl-photos a", step)) {
    const small = link.querySelector("img");
    const shown = new Set([photoOf(link.href), ...(small.dataset.checked ? [] : [photoOf(small.src)])]);
    if (shown.size !== 1 || !sealed.includes([...shown][0])) finding.bad("Ảnh trên trang không phải là ảnh trong ghi chép.");
    else if (small.dataset.checked === "bad") finding.bad("Ảnh gốc không còn đúng như lúc ghi: đã bị đổi.");
    else if (small.dataset.checked === "ok") finding.good("Ảnh đang hiện là ảnh gốc, đúng như lúc ghi.");
    else finding.good("Ảnh: ghi chép có nêu ảnh này, nhưng ảnh gốc chưa tải về nên chưa kiểm.");
  }
}

function checkCorrection(step, declaration, finding) {
  const isShown = step.classList.contains("tl-corrected");
  if (declaration?.fault) finding.bad(`Lời đính chính: ${declaration.fault.message}`);
  else if (declaration && !isShown && isOlder(declaration)) finding.bad("Sổ có lời đính chính bước này mà trang không nói.");
  else if (declaration && !isShown) finding.lower("waiting", "Bước này vừa được đính chính. Tải lại trang để xem.");
  else if (!declaration && isShown) finding.lower("waiting", "Lời đính chính đang chờ vào sổ.");
  else if (declaration) finding.good(`Lời đính chính là mục số ${count(declaration.index)} trong sổ.`);
}

function checkSignature(found, entry, finding) {
  const decision = found.decisions.get(entry.hash);
  if (!decision) {
    if (entry.body["cq:lot"] !== box.dataset.lot) finding.lower("unknown", `Chữ ký của lần xác nhận này kèm theo lô ${entry.body["cq:lot"]}. Hãy mở trang của lô ấy để kiểm.`);
    else if (Date.parse(box.dataset.drawn) - Date.parse(entry.leaf.recordTime) < SLOW_MS) finding.lower("waiting", "Chữ ký của cán bộ đang chờ vào sổ.");
    else finding.bad("Không có chữ ký nào của cán bộ cho lần xác nhận này.");
  } else if (decision.fault) finding.bad(decision.fault.message);
  else if (found.signatures) finding.good(`Chữ ký của ${decision.title} đúng, bằng khóa đã công bố trong sổ.`);
  else finding.lower("unknown", "Nội dung khớp với sổ, nhưng máy này chưa kiểm được chữ ký của cán bộ.");
}

// A page may be a little older than the proof file; what came in between is no contradiction.
const isOlder = (entry) => Date.parse(entry.leaf.recordTime) < Date.parse(box.dataset.drawn) - COMMIT_MS;

function write(step, finding) {
  const [name, tone, word] = LOOKS[finding.state], { entry } = finding;
  step.querySelector(".tl-check")?.remove();
  step.classList.toggle("tl-bad", finding.state === "bad");
  step.dataset.checked = finding.state;
  const told = node("details", "", `tl-check tone-${tone}`), summary = node("summary"), list = node("ul");
  summary.append(icon(name), node("b", word), ...(finding.state === "bad" ? [node("span", finding.faults[0])] : []));
  list.append(...[...finding.faults.slice(1), ...new Set(finding.said)].map((said) => node("li", said)));
  told.append(summary, list);
  if (entry?.content) {
    told.append(node("p", "Bản gốc đã niêm phong:"));
    const sealed = node("pre", entry.body ? JSON.stringify(entry.body, null, 1) : entry.content);
    sealed.tabIndex = 0;
    told.append(sealed);
  }
  if (list.children.length || entry) step.querySelector(".tl-body").append(told);
  else {
    const line = node("p", "", `tl-check tone-${tone}`);
    line.append(...summary.childNodes);
    step.querySelector(".tl-body").append(line);
  }
}

// What stands above the steps, against the record that made the lot.
function checkHead(found) {
  const finding = new Finding(), lot = box.dataset.lot;
  const makers = found.entries.filter(({ leaf, body, hash, fault }) => leaf.kind === "event" && !fault && OUTCOMES.has(body?.["cq:kind"]) && body["cq:lot"] === lot && !found.corrected.has(hash));
  if (makers.length) compareFields(all("main [data-of]").filter((copied) => !copied.closest(".timeline")), makers.at(-1).body, finding);
  const claimed = box.dataset.decision, decision = found.decisions.get(claimed);
  if (claimed && !all(".timeline .tl").some((step) => step.dataset.record === claimed)) finding.bad("Trang nói xã đã xác nhận, nhưng không kể bước ấy.");
  if (decision && (decision.decision !== "verified" || decision.lot !== lot)) finding.bad("Trang nói xã đã xác nhận lô này, nhưng lời đã ký không nói thế.");
  return finding.faults;
}

// Seal, hold, recall, best-before day and kept waiting periods at the head of the page, against what follows from the
// entries. What has not reached the log yet, or came after the page was made, is no contradiction.
const MOVING = new Set(["event", "error-declaration", "verification", "recall"]);
function checkShown({ status, entries }, isAllThere) {
  const faults = [], head = (selector) => all(`main ${selector}`).filter((one) => !one.closest(".timeline"));
  const isSame = isAllThere && entries.every((entry) => !MOVING.has(entry.leaf.kind) || isOlder(entry));
  const shows = (state) => head(`[data-shown=${state}]`).length > 0;
  for (const [state, said] of [["held", proof.STATES.held], ["recalled", proof.STATES.recalled]]) {
    if (status.state === state && !shows(state) && isOlder(status.since)) faults.push(`Theo sổ thì lô này ${said}, mà trang không nói.`);
    if (isSame && shows(state) && status.state !== state) faults.push(`Trang nói lô này ${said}, nhưng trong sổ không có.`);
  }
  if (!isSame) return faults;
  const isSealed = head(".seal").length > 0;
  if (isSealed && status.state !== "verified") faults.push(`Trang đóng dấu của xã, nhưng theo sổ thì lô ${proof.STATES[status.state]}.`);
  const day = status.bestBeforeOn ? spellDay(status.bestBeforeOn) : "không ghi hạn";
  for (const copied of head("[data-of=bestBeforeOn]")) {
    const shown = tidy(copied.textContent);
    if (shown !== day) faults.push(`Trang ghi hạn sử dụng “${shown}”, theo sổ là “${day}”.`);
  }
  for (const told of head("[data-shown-treatments]")) if (Number(told.dataset.shownTreatments) !== status.treatments) faults.push(proof.UNSAID);
  return faults;
}

// Who entered a step, in the page's words (traceability/views/steps.py); some kinds name an office instead.
export const ROLES = {
  household: "Hộ sản xuất", helper: "Người ghi hộ, do hộ nhờ", officer: "Cán bộ xã ghi hộ", system: "Chợ, máy tự ghi",
};
const OFFICES = { recall: "Cán bộ xã", recall_closed: "Cán bộ xã", held: "Sổ tự đối chiếu", released: "Sổ tự đối chiếu" };
function spellAuthor(body) {
  const kind = body["cq:kind"];
  if (kind === "verification") return body["cq:officerTitle"] || "Cán bộ xã";
  return OFFICES[kind] ?? ROLES[body["cq:enteredRole"]] ?? "";
}
function checkAuthor(step, body, finding) {
  const told = [...step.querySelectorAll(".tl-by > span:not(.seal)")].map((one) => tidy(one.textContent)).join(" ");
  const shown = told.slice(told.indexOf(":") + 1).trim(), sealed = tidy(spellAuthor(body));
  if (shown !== sealed) finding.bad(`Trang nói người ghi là “${shown}”, trong sổ là “${sealed}”.`);
}

const spellPaper = ({ kind, stars, issuer, expiresOn }) =>
  tidy(`${kind === "ocop" && stars ? `OCOP ${stars} sao` : PAPERS[kind] ?? kind}, ${issuer}${expiresOn ? `, đến ngày ${spellDay(expiresOn)}` : ""}`);

// Who made it and which papers the household has, against the newest versions in the log. What changed after the page was
// made is no contradiction, but nothing to rely on either.
function checkMaker({ maker: { household, certificates } }) {
  const finding = new Finding();
  const differs = (entry, said) => (isOlder(entry) || Date.parse(entry.leaf.recordTime) > Date.now() + DAY_MS ? finding.bad(said)
    : finding.lower("waiting", "Hộ vừa đổi thông tin sau khi trang này mở ra. Tải lại trang để so."));
  if (household) {
    const told = household.opened, place = ["hamlet", "commune", "province"].map((name) => told[name]).filter(Boolean).join(", ");
    for (const [name, sealed] of [["name", tidy(told.name ?? "")], ["place", tidy(place)]]) {
      const said = tidy(document.querySelector(`[data-maker=${name}]`)?.textContent ?? "");
      if (said !== sealed) differs(household, `Trang ghi hộ làm ra lô là “${said}”, bản của hộ trong sổ là “${sealed}”.`);
    }
  } else finding.lower("unknown", "Tên hộ ở đầu trang chưa so được: hộ đã xóa tên, hoặc tệp không kèm bản của hộ trong sổ.");
  for (const row of all("#chung-nhan + .facts > div")) {
    const papers = certificates.filter(({ opened }) => opened.number === row.dataset.certificate), paper = papers.at(-1);
    const said = ["dt", "dd"].map((tag) => tidy(row.querySelector(tag)?.textContent ?? "")).join(", ");
    if (papers.some(({ opened, status }) => status === "verified" && spellPaper(opened) === said)) continue;
    if (paper) differs(paper, `Trang ghi giấy “${said}”, trong sổ là “${spellPaper(paper.opened)}”${paper.status === "verified" ? "" : ", không được xã xác nhận"}.`);
    else if (household || certificates.length) finding.bad(`Giấy “${said}” không có trong sổ.`);
    else finding.lower("unknown", "Giấy chứng nhận ở đầu trang chưa so được.");
  }
  if (household && finding.state === "ok") {
    const day = spellDay(dayOf(household.leaf.recordTime));
    finding.good(`Tên hộ, nơi ở và giấy chứng nhận ở đầu trang: đúng với bản của hộ trong sổ (mục số ${count(household.index)}, ngày ${day}).`);
  }
  return finding;
}

// A record that does not hold and that no step of the page is about: somebody put it into the file.
const findFalse = ({ entries }, seen) => entries.filter((entry) => entry.fault && entry.leaf.kind === "event" && !seen.has(entry) && (!entry.body?.["cq:kind"] || SILENT.has(entry.body["cq:kind"])))
  .map((entry) => `Mục số ${count(entry.index)} trong tệp bằng chứng: ${entry.fault.message}`);

function findHidden(found, steps) {
  const shown = new Set(steps.map((step) => step.dataset.record));
  // What an officer saw of a lot that this one came from may say nothing of this one.
  const isOfAnother = (body) => body["cq:kind"] === "loss" && body["cq:lot"] !== box.dataset.lot;
  const hidden = found.entries.filter(({ leaf, body, hash }) => leaf.kind === "event" && body?.["cq:kind"] && !SILENT.has(body["cq:kind"]) && !shown.has(hash)
    && !isOfAnother(body)
    // Its own step already says that its content was changed.
    && !steps.some((step) => Number(step.dataset.entry) === found.byHash.get(hash)?.index));
  return { older: hidden.filter(isOlder), newer: hidden.filter((entry) => !isOlder(entry)).length };
}

// The memory: the newest checkpoint that this browser has seen here. Without storage each visit is the first one.
function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(MEMORY));
    const isWhole = Number.isSafeInteger(kept.size) && kept.size >= 0 && /^[0-9a-f]{64}$/.test(kept.root);
    return isWhole && typeof kept.key === "string" && !Number.isNaN(Date.parse(kept.at)) ? kept : null;
  } catch { return null; }
}
// The whole key: its number has four bytes, which somebody could make another key for.
const nameOf = (key) => `${key.name} ${proof.hex(key.key)}`;
function remember({ checkpoint, key }) {
  const kept = { key: nameOf(key), size: checkpoint.size, root: proof.hex(checkpoint.root), at: new Date().toISOString() };
  try { localStorage.setItem(MEMORY, JSON.stringify(kept)); } catch { /* full or forbidden: nothing is lost but the memory */ }
}
const bytesOf = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));

class Unreachable extends Error {}
async function get(address, options = {}) {
  let answer;
  try { answer = await fetch(address, { signal: AbortSignal.timeout?.(LIMIT_MS), ...options }); } catch { throw new Unreachable(); }
  if (answer.status >= 500 || answer.status === 429) throw new Unreachable();
  return answer;
}

async function checkContinued(old, now) {
  if (old.size === now.size || old.size === 0) return proof.checkConsistency({ oldSize: old.size, newSize: now.size, oldRoot: old.root, newRoot: now.root, proof: [] });
  const answer = await get(`/log/proof/consistency?old=${old.size}&new=${now.size}`, { cache: "no-store" });
  const told = answer.ok ? await answer.json().catch(() => ({})) : {};
  if (!Array.isArray(told.hashes)) throw new proof.Fault("consistency", "Chợ không chứng minh được rằng sổ hôm nay nối tiếp sổ đã thấy trước đây.");
  return proof.checkConsistency({ oldSize: old.size, newSize: now.size, oldRoot: old.root, newRoot: now.root, proof: told.hashes.map(proof.readBase64) });
}

// Returns a sentence; throws a Fault when the log is no continuation of what was seen.
async function checkMemory(found) {
  const kept = recall(), { checkpoint, key } = found;
  const since = kept ? `mốc ${count(kept.size)} mục mà máy này thấy ngày ${spellDay(dayOf(kept.at))}` : "";
  if (!kept) {
    remember(found);
    return `Lần đầu máy này gặp sổ. Máy đã nhớ mốc hôm nay (${count(checkpoint.size)} mục) để lần sau đối chiếu.`;
  }
  if (kept.key !== nameOf(key)) throw new proof.Fault("other-log", "Đây là một cuốn sổ khác, hoặc sổ đã đổi khóa, so với lần trước máy này thấy.");
  const old = { size: kept.size, root: bytesOf(kept.root) };
  if (old.size <= checkpoint.size) {
    await checkContinued(old, checkpoint);
    if (old.size < checkpoint.size) remember(found);
    return `Sổ nối tiếp đúng ${since}.`;
  }
  // The file may have been made a moment before what we saw last; then the newest checkpoint continues both.
  const answer = await get("/log/checkpoint", { cache: "no-store" });
  const newest = answer.ok ? await proof.openCheckpoint(await answer.text(), key) : null;
  if (!newest || newest.size < old.size) throw new proof.Fault("rollback", `Sổ bị lùi lại: chỉ còn ${count(checkpoint.size)} mục, ít hơn ${since}.`);
  await checkContinued(checkpoint, newest);
  await checkContinued(old, newest);
  return `Sổ nối tiếp đúng ${since}.`;
}

function tellWitnesses({ signatures, witnesses: { cosigners, asked, isEnough, listed } }) {
  if (listed && !signatures) return "Máy này chưa kiểm được chữ ký của bên làm chứng, nên coi như chưa có: nếu cả cuốn sổ bị viết lại, chỉ ai còn giữ một mốc cũ mới phát hiện được.";
  if (!cosigners.length) return "Chưa có bên ngoài làm chứng: nếu cả cuốn sổ bị viết lại, chỉ ai còn giữ một mốc cũ mới phát hiện được.";
  const names = cosigners.map(({ name, at }) => `${name} (${spellDay(dayOf(new Date(at * 1000).toISOString()))})`).join(", ");
  if (asked && isEnough) return `Bên làm chứng đã ký mốc này: ${names}. Muốn đưa ra một cuốn sổ khác, chợ phải được họ tiếp tay. Danh sách bên làm chứng do chợ đưa ra, hãy xem họ là ai.`;
  return `Có bên làm chứng ký mốc này: ${names}, nhưng chưa đủ số theo quy định của chợ. Nếu cả cuốn sổ bị viết lại, chỉ ai còn giữ một mốc cũ mới phát hiện được.`;
}

// Photos: what the page shows is made small; on request the originals are fetched, hashed, and shown instead.
async function checkPhoto(picture, address) {
  const sealed = photoOf(address);
  try {
    const answer = await get(address);
    if (!answer.ok) return;
    const content = await answer.arrayBuffer();
    picture.dataset.checked = proof.hex(await proof.sha256(content)) === sealed ? "ok" : "bad";
    if (picture.dataset.checked === "ok" && picture.closest(".tl-photos")) picture.src = URL.createObjectURL(new Blob([content], { type: "image/webp" }));
  } catch (error) { if (!(error instanceof Unreachable)) throw error; }
}
function offerPhotos() {
  const left = all(".tl-photos img:not([data-checked])").length, button = part("photos");
  button.hidden = !left;
  // A stored original weighs at most 200 KB (marketplace/core/photos.py).
  button.querySelector("span").textContent = `Kiểm cả ${left} ảnh gốc (tải nhiều nhất ${String(Math.ceil(left * 2) / 10).replace(".", ",")} MB)`;
}
async function checkPicture(found, isAllThere) {
  const picture = document.querySelector("[data-lot-photo]"), sealed = picture && photoOf(picture.src);
  if (!picture) return [];
  if (!found.entries.some(({ body, fault }) => !fault && body?.["cq:photos"]?.includes(sealed))) {
    return isAllThere ? ["Ảnh lớn đầu trang không nằm trong ghi chép nào."] : [];
  }
  // It stands on the page already: this comes from the browser's own store.
  await checkPhoto(picture, picture.src);
  return picture.dataset.checked === "bad" ? ["Ảnh lớn đầu trang đã bị đổi, không còn đúng như lúc ghi."] : [];
}

function alarm(faults) {
  document.querySelector("[data-check-alarm]")?.remove();
  if (!faults.length) return;
  const alert = node("div", "", "notice tone-danger check-alarm"), body = node("div"), list = node("ul"), more = node("p"), link = node("a", "Xem từng chỗ");
  alert.setAttribute("role", "alert");
  alert.dataset.checkAlarm = "";
  list.append(...faults.slice(0, 4).map((said) => node("li", said)));
  link.href = `#${box.id}`;
  more.append("Khoan mua và khoan dùng lô này. Hãy chụp màn hình, tải tệp bằng chứng ở cuối trang, rồi báo cho ủy ban xã nơi làm ra hàng. ", link, ".");
  body.append(node("p", `KHÔNG KHỚP: ${faults.length} chỗ trên trang này không khớp với sổ`, "notice-title"), list, more);
  alert.append(icon("warning"), body);
  document.querySelector("main").prepend(alert);
}

function summarise(findings, maker, faults, lines) {
  const number = (state) => findings.filter((finding) => finding.state === state).length;
  const [ok, waiting, unknown] = ["ok", "waiting", "unknown"].map(number);
  const wrong = [...faults, ...findings.flatMap((finding) => finding.faults)];
  const rest = [waiting && `${waiting} bước đang chờ vào sổ`, unknown && `${unknown} bước chưa kiểm được`].filter(Boolean).join(", ");
  alarm(wrong);
  if (wrong.length) paint("bad", `KHÔNG KHỚP: ${wrong.length} chỗ trên trang này không khớp với sổ. ${ok} bước khác thì khớp.`, [...faults, ...lines]);
  else if (!ok) paint(waiting ? "waiting" : "unknown", `Chưa bước nào kiểm được: ${rest || "trang không có bước nào"}.`, lines);
  else {
    const isWhole = maker.state === "ok";
    paint(maker.state, `Máy này đã kiểm ${ok} bước, bước nào cũng khớp với sổ từng chữ một.${rest ? ` Còn ${rest}.` : ""}${isWhole ? "" : " Tên hộ hoặc giấy chứng nhận ở đầu trang thì chưa so được."}`, lines);
  }
}

async function judge(found) {
  const steps = all(".timeline .tl"), seen = new Set(), lines = [], faults = found.faults.map((fault) => fault.message);
  const findings = steps.map((step) => checkStep(step, found, seen));
  let maker = null;
  if (!found.checkpointFault) {
    const isAllThere = findings.every((finding) => finding.state !== "waiting");
    faults.push(...checkHead(found), ...checkShown(found, isAllThere), ...await checkPicture(found, isAllThere));
    maker = checkMaker(found);
    faults.push(...maker.faults, ...findFalse(found, seen));
    const { older, newer } = findHidden(found, steps);
    faults.push(...older.map((entry) => `Trang giấu một ghi chép có trong sổ: mục số ${count(entry.index)}, ngày ${spellDay(dayOf(entry.body.eventTime))}.`));
    if (newer) lines.push(`Từ lúc trang này mở ra, sổ có thêm ${newer} ghi chép về lô. Tải lại trang để xem.`);
    lines.push(found.signatures ? `Chữ ký của sổ trên mốc ${count(found.checkpoint.size)} mục: đúng.`
      : "Máy này chưa kiểm được chữ ký (trình duyệt đời cũ, chưa có Ed25519). Mã băm và đường dẫn vào sổ thì đã kiểm.");
    lines.push(...maker.said);
    try { lines.push(await checkMemory(found)); } catch (error) {
      if (error instanceof proof.Fault) {
        faults.push(error.message);
        part("forget").hidden = false;
      } else if (error instanceof Unreachable) lines.push("Chưa đối chiếu được với mốc cũ vì mạng chậm.");
      else throw error;
    }
    lines.push(tellWitnesses(found));
  }
  steps.forEach((step, at) => write(step, findings[at]));
  summarise(findings, maker, faults, lines);
}

export function run() {
  return running ??= check().finally(() => { running = undefined; });
}

const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
async function load() {
  const answer = await get(box.dataset.file, { cache: "no-store" });
  if (answer.status === 404) return false;
  if (!answer.ok) throw new Unreachable();
  let bundle;
  try { bundle = JSON.parse(await answer.text()); } catch { bundle = null; }
  result = await proof.checkBundle(bundle, box.dataset.lot);
  return true;
}

async function check() {
  part("again").hidden = true;
  part("forget").hidden = true;
  paint("waiting", "Máy này đang tự kiểm từng bước…");
  try {
    if (!globalThis.crypto?.subtle) return paint("unknown", "Chưa kiểm được: trang không mở qua đường truyền an toàn (https), hoặc trình duyệt quá cũ.");
    proof ??= await import(box.dataset.verifier);
    if (!await load()) return paint("waiting", "Chưa kiểm được: sổ chưa có mốc nào cho lô này. Hãy thử lại sau ít phút.");
    for (const ms of MAKER_MS) {
      if (result.checkpointFault || !checkMaker(result).faults.length) break;
      await wait(ms);
      try { await load(); } catch (error) { if (!(error instanceof Unreachable)) throw error; }
    }
    await judge(result);
    offerPhotos();
  } catch (error) {
    if (proof && error instanceof proof.Fault) {
      alarm([error.message]);
      paint("bad", `KHÔNG KHỚP: ${error.message}`);
    } else {
      if (!(error instanceof Unreachable)) console.error(error);
      paint("unknown", "Chưa kiểm được: không tải được tệp bằng chứng. Hãy xem lại mạng rồi bấm “Kiểm lại”.");
    }
  } finally { part("again").hidden = false; }
}

part("forget").addEventListener("click", () => {
  try { localStorage.removeItem(MEMORY); } catch { /* nothing was kept */ }
  run();
});
part("photos").addEventListener("click", async () => {
  part("photos").setAttribute("aria-busy", "true");
  await Promise.all(all(".tl-photos a").map((link) => checkPhoto(link.querySelector("img"), link.href)));
  part("photos").removeAttribute("aria-busy");
  await judge(result);
  offerPhotos();
});
