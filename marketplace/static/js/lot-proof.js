// Checks the proof file of a lot with nothing but the browser's own SHA-256 and Ed25519 (WebCrypto). It takes bytes and
// tells what follows from them; no verdict of the server's is believed. Trees: RFC 9162, 2.1. Notes, checkpoints,
// cosignatures and policies: C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-policy. The file and the leaves:
// docs/traceability.md. `python -m transparency verify` does the same on a machine without a browser.
const FORMAT = "choque-lot-proof/1";
const SIGNATURE = 0x01, COSIGNATURE = 0x04;
const KINDS = new Set(["event", "error-declaration", "verification", "master-data", "certificate", "key", "policy", "recall", "erasure"]);
const SIGNED_KINDS = new Set(["key", "verification", "recall", "erasure"]);
// What only an officer can decide; the market's office cannot sign it in his or her place.
const OFFICERS_DEEDS = new Set(["verification", "recall"]);
// How far clocks and slow transactions may put entries out of order, in milliseconds.
const CLOCK_SLACK = 600_000;
// A cosignature of after the year 9999 has no date that could be told, in seconds.
const LATEST = 253_402_300_800n;
// What a household says of itself: the log holds a salted hash, the file opens it.
const FACT_KINDS = new Set(["master-data", "certificate"]);
// Whatever of this is there is text.
const FACT_TEXTS = ["name", "hamlet", "commune", "province", "household", "kind", "number", "issuer", "expiresOn"];
const MAKERS = new Set(["harvest", "slaughter", "making", "packing"]), REGROUPINGS = new Set(["split", "merge"]);
// How a lot stands (transparency/lot_status.py): records that leave a verification as it was, and those that end it.
const DERIVING = new Set(["packing", "split", "merge"]), STOPPING = new Set(["held", "released", "recall"]);
const TREATMENTS = new Set(["spraying", "medicine"]), ORDERS = new Set(["recall-order", "recall-addition"]);
const UNVERIFIED = new Set(["recorded", "awaiting_verification", "sent_back"]);
// Versions that a file opens.
const FACT_SUBJECTS = new Set(["household", "certificate"]);
const utf8 = new TextEncoder();

// Something that does not hold: a word for programs and a sentence for people.
export class Fault extends Error {
  constructor(code, said) {
    super(said);
    this.code = code;
  }
}
const fail = (code, said) => { throw new Fault(code, said); };

// Bytes
const join = (...parts) => {
  const made = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (made.set(part, at), at + part.length), 0);
  return made;
};
const equal = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export function readBase64(text) {
  let raw;
  try { raw = atob(text); } catch { fail("base64", "Tệp bằng chứng bị hỏng: có chỗ không phải base64."); }
  // Only the one canonical spelling (RFC 4648, 3.5): else one signature could be written in several ways.
  if (btoa(raw) !== text) fail("base64", "Tệp bằng chứng bị hỏng: base64 viết không đúng chuẩn.");
  return Uint8Array.from(raw, (char) => char.charCodeAt(0));
}
const readHash = (text) => {
  const hash = readBase64(text);
  return hash.length === 32 ? hash : fail("hash", "Tệp bằng chứng bị hỏng: một mã băm không đủ 32 byte.");
};

// Signatures. Older phones have no Ed25519 in WebCrypto; they check everything else.
let able;
export function canVerify() {
  // RFC 8032, 7.1, test 2: a key that every implementation takes.
  const known = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c".match(/../g).map((pair) => parseInt(pair, 16));
  able ??= importKey(new Uint8Array(known)).then(() => true, () => false);
  return able;
}
const importKey = (key) => crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
async function isSigned(key, signature, message) {
  if (signature.length !== 64) return false;
  try {
    return await crypto.subtle.verify({ name: "Ed25519" }, await importKey(key), signature, message);
  } catch { return false; }
}

// The tree
const NODE = Uint8Array.of(1);
export const hashLeaf = (leaf) => sha256(join(Uint8Array.of(0), leaf));
const hashNode = (left, right) => sha256(join(NODE, left, right));
const half = (number) => Math.floor(number / 2);
const isOdd = (number) => number % 2 === 1;
const isCount = (number) => Number.isSafeInteger(number) && number >= 0;

// RFC 9162, 2.1.3.2
export async function checkInclusion({ index, size, leafHash, proof, root }) {
  const wrong = () => fail("inclusion", "Đường dẫn vào sổ không đúng: mục này không nằm trong sổ đã ký.");
  if (!isCount(index) || !isCount(size) || index >= size) wrong();
  let place = index, last = size - 1, found = leafHash;
  for (const one of proof) {
    if (last === 0) wrong();
    if (isOdd(place) || place === last) {
      found = await hashNode(one, found);
      while (!isOdd(place) && place) { place = half(place); last = half(last); }
    } else found = await hashNode(found, one);
    place = half(place);
    last = half(last);
  }
  if (last !== 0 || !equal(found, root)) wrong();
}

// RFC 9162, 2.1.4.2
export async function checkConsistency({ oldSize, newSize, oldRoot, newRoot, proof }) {
  const wrong = () => fail("consistency", "Sổ hôm nay không nối tiếp sổ đã thấy trước đây: sổ đã bị viết lại.");
  if (!isCount(oldSize) || !isCount(newSize) || oldSize > newSize) wrong();
  if (oldSize === newSize) {
    if (proof.length || !equal(oldRoot, newRoot)) wrong();
    return;
  }
  if (oldSize === 0) return;
  if (!proof.length) wrong();
  // A tree of 2**n leaves is a subtree of the new one: its root is known and is not sent.
  let whole = 1;
  while (whole < oldSize) whole *= 2;
  const [first, ...rest] = whole === oldSize ? [oldRoot, ...proof] : proof;
  let place = oldSize - 1, last = newSize - 1, oldFound = first, newFound = first;
  while (isOdd(place)) { place = half(place); last = half(last); }
  for (const one of rest) {
    if (last === 0) wrong();
    if (isOdd(place) || place === last) {
      oldFound = await hashNode(one, oldFound);
      newFound = await hashNode(one, newFound);
      while (!isOdd(place) && place) { place = half(place); last = half(last); }
    } else newFound = await hashNode(newFound, one);
    place = half(place);
    last = half(last);
  }
  if (last !== 0 || !equal(oldFound, oldRoot) || !equal(newFound, newRoot)) wrong();
}

// Notes, keys and checkpoints
function splitNote(note) {
  const gap = note.lastIndexOf("\n\n");
  const broken = () => fail("note", "Mốc của sổ bị hỏng, không đọc được.");
  if (typeof note !== "string" || note.length > 1_000_000 || gap < 1 || !note.endsWith("\n")) broken();
  const text = note.slice(0, gap + 1);
  if (/[\0-\x09\x0b-\x1f]/.test(text)) broken();
  const lines = note.slice(gap + 2, -1).split("\n").map((line) => {
    const found = line.match(/^\u2014 ([^\s+]+) (\S+)$/) ?? broken();
    const raw = readBase64(found[2]);
    if (raw.length < 5) broken();
    return { name: found[1], keyId: hex(raw.slice(0, 4)), signature: raw.slice(4) };
  });
  return { text, lines };
}

export async function readKey(vkey) {
  const broken = () => fail("vkey", "Khóa của sổ bị hỏng, không đọc được.");
  const found = String(vkey).match(/^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/) ?? broken();
  const raw = readBase64(found[3]);
  if (raw.length !== 33 || ![SIGNATURE, COSIGNATURE].includes(raw[0])) broken();
  const id = await sha256(join(utf8.encode(`${found[1]}\n`), raw));
  if (hex(id.slice(0, 4)) !== found[2]) broken();
  return { name: found[1], keyId: found[2], kind: raw[0], key: raw.slice(1) };
}

const isOf = (line, key) => line.name === key.name && line.keyId === key.keyId;

// Returns the note's text; a note that this key has not signed, or signed wrongly, is a fault.
async function openNote(note, key, said) {
  const { text, lines } = splitNote(note);
  const own = lines.filter((line) => isOf(line, key));
  if (key.kind !== SIGNATURE || !own.length) fail("signature", said);
  if (await canVerify()) {
    for (const line of own) if (!await isSigned(key.key, line.signature, utf8.encode(text))) fail("signature", said);
  }
  return { text, lines };
}

export async function openCheckpoint(note, key) {
  const { text, lines } = await openNote(note, key, "Mốc của sổ không mang chữ ký đúng của sổ.");
  const [origin, count, spelt, ...more] = text.slice(0, -1).split("\n");
  const size = /^(0|[1-9]\d{0,15})$/.test(count ?? "") ? Number(count) : NaN;
  if (!isCount(size) || !spelt || more.includes("")) fail("checkpoint", "Mốc của sổ bị hỏng, không đọc được.");
  if (origin !== key.name) fail("checkpoint", "Mốc này là của một cuốn sổ khác.");
  return { origin, size, root: readHash(spelt), text, lines };
}

// Witnesses
function readPolicy(text) {
  const policy = { witnesses: new Map(), groups: new Map(), quorum: "none" };
  for (const line of text.split("\n")) {
    const [word, ...rest] = line.split(/[ \t]+/).filter(Boolean);
    if (word === "witness") policy.witnesses.set(rest[0], rest[1]);
    else if (word === "group") {
      const [name, rule, ...members] = rest;
      policy.groups.set(name, { members, enough: { all: members.length, any: 1 }[rule] ?? Number(rule) });
    } else if (word === "quorum") policy.quorum = rest[0];
  }
  return policy;
}

async function findCosigners(bundle, checkpoint) {
  const policy = readPolicy(typeof bundle.policy === "string" ? bundle.policy : "");
  for (const one of bundle.witnesses ?? []) if (![...policy.witnesses.values()].includes(one.vkey)) policy.witnesses.set(one.name, one.vkey);
  const signed = new Map(), isAble = await canVerify();
  for (const [name, vkey] of policy.witnesses) {
    let key;
    try { key = await readKey(vkey); } catch { continue; }
    if (key.kind !== COSIGNATURE) continue;
    for (const line of checkpoint.lines.filter((one) => isOf(one, key))) {
      if (line.signature.length !== 72 || !isAble) continue;
      const at = new DataView(line.signature.buffer, line.signature.byteOffset).getBigUint64(0);
      const message = utf8.encode(`cosignature/v1\ntime ${at}\n${checkpoint.text}`);
      if (at < LATEST && await isSigned(key.key, line.signature.slice(8), message)) signed.set(name, { name: key.name, at: Number(at) });
    }
  }
  const has = (name, depth = 0) => {
    const group = policy.groups.get(name);
    if (!group) return signed.has(name);
    return depth < 32 && group.enough >= 1 && group.members.filter((member) => has(member, depth + 1)).length >= group.enough;
  };
  const asked = policy.quorum !== "none";
  return { cosigners: [...signed.values()], asked, isEnough: asked && has(policy.quorum), listed: policy.witnesses.size };
}

// Entries
async function readEntry(given, checkpoint) {
  const entry = { index: given?.index, leaf: null, hash: "", content: "", body: null, fault: null };
  try {
    if (!isCount(entry.index) || typeof given.leaf !== "string") fail("entry", "Tệp bằng chứng có một mục bị hỏng.");
    const leaf = readJson(given.leaf);
    if (leaf?.v !== 1 || !KINDS.has(leaf.kind) || !/^[0-9a-f]{64}$/.test(leaf.contentHash) || Number.isNaN(Date.parse(leaf.recordTime))) {
      fail("leaf", `Mục số ${entry.index} trong sổ bị hỏng, không đọc được.`);
    }
    Object.assign(entry, { leaf, hash: leaf.contentHash });
    if (typeof given.content !== "string") fail("content", "Tệp bằng chứng không kèm nội dung của mục này.");
    Object.assign(entry, { content: given.content, body: readJson(given.content) });
    if (hex(await sha256(utf8.encode(given.content))) !== leaf.contentHash) {
      fail("content", "Nội dung không còn đúng như lúc vào sổ: đã bị sửa.");
    }
    await checkInclusion({
      index: entry.index, size: checkpoint.size, leafHash: await hashLeaf(utf8.encode(given.leaf)),
      proof: given.proof.map(readHash), root: checkpoint.root,
    });
    if (FACT_KINDS.has(leaf.kind) && (given.opened ?? null) !== null) entry.opened = await open(given.opened, entry);
  } catch (error) {
    entry.fault = error instanceof Fault ? error : new Fault("entry", "Tệp bằng chứng có một mục bị hỏng.");
  }
  return entry;
}

async function open({ content, salt }, { body }) {
  const said = "Thông tin của hộ trong tệp bằng chứng không đúng với bản đã niêm phong.";
  if (typeof content !== "string" || typeof salt !== "string" || !/^([0-9a-f]{2})*$/.test(salt)) fail("opened", said);
  const bytes = Uint8Array.from(salt.match(/../g) ?? [], (pair) => parseInt(pair, 16)), told = readJson(content);
  if (hex(await sha256(join(bytes, utf8.encode(content)))) !== body?.commit) fail("opened", said);
  if (!told || Array.isArray(told) || FACT_TEXTS.some((name) => typeof (told[name] ?? "") !== "string")) fail("opened", said);
  return told;
}

function readJson(text) {
  try {
    const found = JSON.parse(text);
    return found && typeof found === "object" ? found : null;
  } catch { return null; }
}

// In a household's own chain nothing is entered with a time from before what stands in front of it.
function checkOrder(entries) {
  const latest = new Map();
  for (const entry of entries) {
    const at = Date.parse(entry.leaf.recordTime), party = entry.leaf.chain?.party, before = latest.get(party);
    if (!party) continue;
    if (at < before - CLOCK_SLACK) entry.fault ??= new Fault("order", `Mục số ${entry.index} ghi giờ sớm hơn ghi chép đứng trước nó: đã bị ghi lùi ngày.`);
    else if (!(at < before)) latest.set(party, at);
  }
}

async function readOfficeKeys(bundle, key) {
  const keys = new Map();
  if (typeof bundle.office !== "string" || !bundle.office) return keys;
  const said = "Khóa của văn phòng chợ không được sổ chứng nhận.";
  const { text } = await openNote(bundle.office, key, said);
  const [header, origin, ...lines] = text.slice(0, -1).split("\n");
  if (header !== "choque-office-keys/1" || origin !== key.name) fail("office", said);
  for (const line of lines) {
    const raw = readHash(line.split(" ")[1] ?? "");
    keys.set(await nameKey(raw), raw);
  }
  return keys;
}
const nameKey = async (key) => hex(await sha256(key)).slice(0, 16);

// Keys of officers, as the log announces and revokes them; who signed what.
class Keyring {
  constructor(office, isAble) {
    Object.assign(this, { office, isAble, keys: new Map() });
  }

  async learn({ index, leaf, body, content }) {
    const office = this.office.get(leaf.actorKeyId);
    if (!office) fail("key", `Khóa ở mục số ${index} không do văn phòng chợ ký công bố.`);
    await this.verify(office, leaf, content, `Chữ ký công bố khóa ở mục số ${index} là giả.`);
    const raw = readHash(body.publicKey);
    if (await nameKey(raw) !== body.keyId) fail("key", `Khóa ở mục số ${index} mang tên của khóa khác.`);
    const known = this.keys.get(body.keyId);
    if (body.action === "revoke") {
      if (known) known.revoked ??= index;
    } else if (!known) this.keys.set(body.keyId, { raw, party: body.party, title: body.title, announced: index });
    else if (known.party !== body.party) fail("key", `Khóa ở mục số ${index} đã là của người khác.`);
  }

  // Returns the signer's title.
  async check({ index, leaf, content }) {
    if (!leaf.actorKeyId || !leaf.signature) fail("unsigned", leaf.kind === "recall" ? "Không có chữ ký nào của cán bộ trên lệnh thu hồi này." : "Không ai ký lời xác nhận này.");
    const office = OFFICERS_DEEDS.has(leaf.kind) ? null : this.office.get(leaf.actorKeyId);
    const key = this.keys.get(leaf.actorKeyId);
    if (!office) {
      if (!key || key.announced >= index) fail("foreign-key", "Chữ ký bằng một khóa mà sổ chưa công bố.");
      if (key.revoked !== undefined && key.revoked < index) fail("revoked-key", "Chữ ký bằng một khóa đã bị thu hồi.");
      if (key.party !== leaf.actor) fail("foreign-key", "Chữ ký bằng khóa của người khác.");
    }
    await this.verify(office ?? key.raw, leaf, content, "Chữ ký là giả.");
    return office ? "" : String(key.title);
  }

  async verify(key, leaf, content, said) {
    if (this.isAble && !await isSigned(key, readBase64(leaf.signature ?? ""), utf8.encode(content))) fail("signature", said);
  }
}

// An officer's decision has to be about this lot, or one that it came from, and about its record, and may leave out
// nothing that it rests on.
function checkDecision({ leaf, body }, lots, byHash) {
  if (!lots.has(body.lot)) fail("decision", "Lời xác nhận đã ký là của một lô khác.");
  const record = byHash.get(body.record);
  const same = record?.leaf.kind === "event" && record.body["cq:kind"] === "verification" && record.body["cq:lot"] === body.lot
    && record.body["cq:decision"] === body.decision && record.body["cq:officerTitle"] === body.officerTitle;
  if (!same) fail("decision", "Lời xác nhận đã ký nói về một ghi chép khác với ghi chép trên trang.");
  if (body.officer !== leaf.actor || body.keyId !== leaf.actorKeyId || record.leaf.actor !== leaf.actor) {
    fail("decision", "Lời xác nhận mang tên một cán bộ khác với người ký.");
  }
  if (Math.abs(Date.parse(leaf.recordTime) - Date.parse(record.leaf.recordTime)) > CLOCK_SLACK) {
    fail("order", "Lời xác nhận đã ký mang giờ khác với ghi chép: đã bị ghi lùi ngày.");
  }
  const reviewed = Array.isArray(body.reviewed) ? body.reviewed : [];
  const seen = reviewed.map((hash) => byHash.get(hash));
  if (seen.some((one) => one && one.body?.["cq:kind"] !== "verification" && one.leaf.actor === leaf.actor)) {
    fail("four-eyes", "Cán bộ tự xác nhận việc do chính mình ghi.");
  }
  const missing = seen.filter((one) => !one).length;
  if (missing) fail("hidden", `Khi xác nhận, cán bộ đã xem ${missing} ghi chép mà nay không còn trong tệp bằng chứng: có ghi chép bị giấu.`);
  const photos = new Set(seen.flatMap((one) => one.body?.["cq:photos"] ?? []));
  if ((body.photos ?? []).some((photo) => !photos.has(photo))) fail("decision", "Cán bộ đã xem một ảnh không có trong ghi chép nào.");
}

// Checks a proof file. Raises a Fault when it is none, or is of another lot. Everything else is told in the answer:
//   checkpoint or checkpointFault; entries (index, leaf, hash, content, body, fault), byHash, byIndex; decisions (by the
//   hash of the record: title, decision, lot, fault); corrected (hash -> entry that declares it wrong); witnesses;
//   maker: the entries with what the household that made the lot says of itself (household, certificates), opened;
//   status: how the lot stands by its entries (state, decision, reasons of a hold, bestBeforeOn, treatments, since);
//   signatures: were they checked; faults that concern no single record.
export async function checkBundle(bundle, lot) {
  if (bundle?.format !== FORMAT || !Array.isArray(bundle.entries) || typeof bundle.checkpoint !== "string") {
    fail("format", "Tệp bằng chứng bị hỏng, không đọc được.");
  }
  if (bundle.lot !== lot) fail("other-lot", "Tệp bằng chứng là của một lô khác.");
  const found = { entries: [], decisions: new Map(), corrected: new Map(), faults: [], signatures: await canVerify() };
  try {
    found.key = await readKey(bundle.log?.vkey);
    found.checkpoint = await openCheckpoint(bundle.checkpoint, found.key);
    if (bundle.log.origin !== found.checkpoint.origin) fail("checkpoint", "Mốc này là của một cuốn sổ khác.");
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    found.checkpointFault = error;
    found.faults.push(error);
    return Object.assign(found, { byHash: new Map(), byIndex: new Map(), maker: { certificates: [] }, status: { state: "recorded", reasons: [] } });
  }
  found.witnesses = await findCosigners(bundle, found.checkpoint);
  const entries = await Promise.all(bundle.entries.map((one) => readEntry(one, found.checkpoint)));
  found.faults.push(...entries.filter((entry) => !entry.leaf).map((entry) => entry.fault));
  found.entries = entries.filter((entry) => entry.leaf).sort((one, other) => one.index - other.index);
  found.byIndex = new Map(found.entries.map((entry) => [entry.index, entry]));
  if (found.byIndex.size !== found.entries.length) found.faults.push(new Fault("twice", "Tệp bằng chứng có một mục xuất hiện hai lần."));
  checkOrder(found.entries);
  // Of two entries with the same content the first one counts.
  found.byHash = new Map([...found.entries].reverse().map((entry) => [entry.hash, entry]));
  const lots = new LotStory(found).listAncestors(lot);
  await checkStatements(bundle, lots, found);
  found.maker = findMaker(lot, found);
  found.status = new LotStory(found).judge(lot);
  found.faults.push(...compareShown(bundle.shown, found.status, found.entries));
  return found;
}

const listOf = (value) => (Array.isArray(value) ? value : []);
const isBefore = (entry, before) => before === undefined || entry.index < before;
const readBestBefore = ({ body }) => [body["cq:bestBeforeOn"] || body.ilmd?.["cq:bestBeforeOn"]].find((day) => typeof day === "string");

// The sealed records about a lot and the lots that it came from, with the signed decisions on all of them: how the lot
// stands follows from nothing else.
class LotStory {
  constructor({ entries, byHash, corrected }) {
    const holds = entries.filter((entry) => !entry.fault && entry.body);
    this.records = holds.filter(({ leaf, hash, index }) => leaf.kind === "event" && leaf.chain && byHash.get(hash).index === index);
    this.wrongSince = ({ hash }) => corrected.get(hash)?.index;
    const orders = new Map(this.of(null, new Set(["verification"])).map(({ hash, index }) => [hash, index]));
    this.decisions = holds.filter(({ leaf, body }) => leaf.kind === "verification" && orders.has(body.record))
      .map(({ body }) => ({ body, order: orders.get(body.record), reviewed: new Set(listOf(body.reviewed)) }));
    this.orders = holds.filter(({ leaf, body }) => leaf.kind === "recall" && ORDERS.has(body.type));
  }

  // Records of these kinds about a lot (null: about whichever), in the order of the log.
  of(lot, kinds, before) {
    const isAbout = ({ body }) => lot === null || body["cq:lot"] === lot || listOf(body["cq:lots"]).includes(lot);
    return this.records.filter((entry) => kinds.has(entry.body["cq:kind"]) && isBefore(entry, before) && isAbout(entry));
  }

  makers(lot, before) { return this.of(lot, new Set([...MAKERS, ...REGROUPINGS]), before); }
  inForce(entries) { return entries.filter((entry) => this.wrongSince(entry) === undefined); }
  parents({ body }) {
    const addresses = listOf(body.inputQuantityList).map((item) => String(item?.epcClass ?? ""));
    return addresses.filter((one) => one.includes("/")).map((one) => one.slice(one.lastIndexOf("/") + 1).toUpperCase());
  }

  listAncestors(lot) {
    const found = new Set(), left = [lot];
    while (left.length) {
      const code = left.pop();
      if (found.has(code)) continue;
      found.add(code);
      left.push(...this.makers(code).flatMap((entry) => this.parents(entry)));
    }
    return found;
  }

  judge(lot) {
    const told = { decision: "", reasons: [], bestBeforeOn: this.findBestBefore(lot) ?? null, treatments: null };
    const recall = this.of(lot, new Set(["recall"]))[0]
      ?? this.orders.find(({ body }) => body.lot === lot || listOf(body.lots).includes(lot));
    if (recall) return { ...told, state: "recalled", since: recall };
    const holds = this.of(lot, new Set(["held", "released"])), last = holds.at(-1);
    if (last?.body["cq:kind"] === "held") {
      const released = holds.filter(({ body }) => body["cq:kind"] === "released").at(-1)?.index ?? -1;
      const reasons = holds.filter(({ index }) => index > released).map(({ body }) => String(body["cq:reason"] ?? ""));
      return { ...told, state: "held", since: last, reasons };
    }
    const roots = this.findRoots(lot), own = roots.find(({ body }) => body.lot === lot);
    if (!roots.length) return { ...told, state: "recorded", since: last };
    return { ...told, state: "verified", decision: own?.body.record ?? "", treatments: this.countTreatments(roots) };
  }

  // A part keeps its lot's day, a mixture the earliest one.
  findBestBefore(lot, before) {
    const makers = this.inForce(this.makers(lot, before)), details = this.inForce(this.of(lot, new Set(["details"]), before));
    const dated = [...makers, ...details].sort((one, other) => one.index - other.index);
    const told = dated.map(readBestBefore).filter(Boolean);
    if (told.length) return told.at(-1);
    if (makers.length !== 1 || !REGROUPINGS.has(makers[0].body["cq:kind"])) return undefined;
    return this.parents(makers[0]).map((parent) => this.findBestBefore(parent, makers[0].index)).filter(Boolean).sort()[0];
  }

  // The decisions by which a lot was verified just before a record; none when it was not.
  findRoots(lot, before) {
    const lastMove = this.of(lot, STOPPING, before).at(-1)?.index ?? -1;
    const own = this.decisions.filter(({ body, order }) => body.lot === lot && (before === undefined || order < before));
    if (own.length) {
      const last = own.reduce((one, other) => (other.order > one.order ? other : one));
      return last.body.decision === "verified" && last.order > lastMove ? [last] : [];
    }
    const makers = this.inForce(this.makers(lot, before));
    if (makers.length !== 1 || !DERIVING.has(makers[0].body["cq:kind"]) || makers[0].index < lastMove) return [];
    const found = new Set();
    for (const parent of this.parents(makers[0])) {
      const roots = this.findRoots(parent, makers[0].index);
      if (!roots.length) return [];
      roots.forEach((one) => found.add(one));
    }
    return [...found];
  }

  // How many treatments the decisions counted; null when one does not tell, or something came later.
  countTreatments(roots) {
    const seen = new Set(roots.flatMap(({ reviewed }) => [...reviewed])), latest = Math.max(...roots.map(({ order }) => order));
    const treatments = this.records.filter(({ body }) => TREATMENTS.has(body["cq:kind"]));
    for (const one of treatments) {
      const isSeen = seen.has(one.hash), wrong = this.wrongSince(one);
      if ((!isSeen && wrong === undefined) || (isSeen && wrong > latest)) return null;
    }
    const tells = ({ body }) => body.waitingRule && typeof body.waitingRule === "string" && isCount(body.treatments);
    const counts = roots.map((root) => (tells(root) ? root.body.treatments : null));
    if (counts.includes(null)) return null;
    return counts.length === 1 ? counts[0] : this.inForce(treatments).filter(({ hash }) => seen.has(hash)).length;
  }
}

export const UNSAID = "Chợ nói lần dùng thuốc nào cũng đủ thời gian cách ly, nhưng không lời xác nhận nào đã ký nói thế.";
export const STATES = {
  verified: "đã được xã xác nhận", held: "đang bị tạm giữ", recalled: "đã bị thu hồi", recorded: "chưa được xã xác nhận",
};
// What the market's own tables say, which its pages and its shop go by.
function compareShown(shown, status, entries) {
  if (shown === undefined || shown === null) return [];
  const faults = [], add = (code, said) => faults.push(new Fault(code, said));
  if (typeof shown !== "object" || Array.isArray(shown)) {
    add("shown", "Tệp bằng chứng bị hỏng: không đọc được chợ đang ghi gì về lô.");
    return faults;
  }
  const isLess = UNVERIFIED.has(shown.state) && ["recorded", "verified"].includes(status.state);
  if (shown.state !== status.state && !isLess) {
    add("state", `Chợ đang ghi lô này ${STATES[shown.state] ?? "ở một trạng thái lạ"}, nhưng theo sổ thì lô ${STATES[status.state]}.`);
  } else if (status.state === "held" && "holdReason" in shown && !status.reasons.includes(shown.holdReason)) {
    add("hold", "Lý do tạm giữ mà chợ đang lưu khác với lý do trong sổ.");
  }
  if ("bestBeforeOn" in shown && (shown.bestBeforeOn || null) !== status.bestBeforeOn) {
    add("best-before", "Hạn sử dụng mà chợ đang lưu khác với hạn trong sổ.");
  }
  if ((shown.treatments ?? null) !== null && shown.treatments !== status.treatments) add("waiting", UNSAID);
  for (const { leaf, hash, index, body, fault } of entries) {
    const role = shown.roles?.[hash] ?? null;
    if (!fault && leaf.kind === "event" && role !== null && role !== body?.["cq:enteredRole"]) {
      add("role", `Mục số ${index}: vai người ghi mà chợ đang lưu khác với bản trong sổ.`);
    }
  }
  return faults;
}

// The household whose record made the lot, and what it says of itself. Of several versions the newest one counts.
function findMaker(lot, { entries, faults }) {
  const makes = ({ body, fault, leaf }) => !fault && leaf.kind === "event" && (REGROUPINGS.has(body?.["cq:kind"])
    ? Array.isArray(body["cq:lots"]) && body["cq:lots"].includes(lot) : MAKERS.has(body?.["cq:kind"]) && body["cq:lot"] === lot);
  const parties = new Set(entries.filter((entry) => entry.leaf.chain && makes(entry)).map(({ leaf }) => leaf.chain.party));
  const newest = new Map();
  for (const { index, leaf, body, opened, fault } of entries.filter((entry) => FACT_KINDS.has(entry.leaf.kind))) {
    const isHousehold = body?.subject === "household", party = isHousehold ? body.name : opened?.household;
    if (fault) faults.push(fault);
    else if (!opened || !parties.size) continue;
    else if (!parties.has(party)) faults.push(new Fault("other-household", "Tệp bằng chứng kèm thông tin của một hộ khác với hộ làm ra lô."));
    else newest.set(body.name, { index, leaf, opened, isHousehold, status: body.status });
  }
  // A version whose salt is gone has to be named by a signed erasure.
  const good = entries.filter(({ fault, body }) => !fault && body);
  const erased = new Set(good.filter(({ leaf }) => leaf.kind === "erasure").flatMap(({ body }) => listOf(body.destroyed)));
  const versions = good.filter(({ leaf, body }) => FACT_KINDS.has(leaf.kind) && FACT_SUBJECTS.has(body.subject));
  const last = new Map(versions.map((entry) => [String(entry.body.name), entry]));
  for (const { opened, body } of last.values()) {
    const said = "Bản thông tin của hộ trong sổ không mở ra được, mà không có lời xóa nào đã ký.";
    if (!opened && !erased.has(body.commit)) faults.push(new Fault("unopened", said));
  }
  const told = [...newest.values()];
  return { household: told.find((one) => one.isHousehold), certificates: told.filter((one) => !one.isHousehold && one.leaf.kind === "certificate") };
}

async function checkStatements(bundle, lots, found) {
  let office = new Map();
  try { office = await readOfficeKeys(bundle, found.key); } catch (error) { found.faults.push(error); }
  const keyring = new Keyring(office, found.signatures);
  for (const entry of found.entries) {
    const { leaf, body } = entry;
    if (leaf.kind === "error-declaration" && leaf.corrects) found.corrected.set(leaf.corrects, entry);
    if (!SIGNED_KINDS.has(leaf.kind) && !leaf.actorKeyId) continue;
    let title = "", { fault } = entry;
    try {
      if (!fault && leaf.kind === "key") await keyring.learn(entry);
      else if (!fault) {
        title = await keyring.check(entry);
        if (leaf.kind === "verification") checkDecision(entry, lots, found.byHash);
        if (leaf.kind === "recall" && body?.officer !== leaf.actor) fail("recall", "Lệnh thu hồi mang tên một cán bộ khác với người ký.");
      }
    } catch (error) {
      fault = error instanceof Fault ? error : new Fault("entry", `Mục số ${entry.index} trong sổ bị hỏng, không đọc được.`);
    }
    entry.fault = fault;
    const isFirst = leaf.kind === "verification" && body && !found.decisions.has(body.record);
    if (isFirst) found.decisions.set(body.record, { title, fault, index: entry.index, lot: body.lot, decision: body.decision, at: body.decidedAt });
    // A step of the page says it, when there is one for it.
    if (fault && !(isFirst && found.byHash.has(body.record))) found.faults.push(fault);
  }
}
