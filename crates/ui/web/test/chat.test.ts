import { describe, expect, test } from "vitest";
import { ChatClient, type ChatOptions } from "../src/client/chat";
import type { Outgoing, OutboxStore } from "../src/client/outbox";
import { FakeWorld } from "./fake-world";

const wire = (seq: number, content: string, from: "User" | "Support" = "User", clientId?: string) => ({
  id: `m${seq}`,
  seq,
  userId: "u",
  content,
  from,
  timestamp: "2031-03-04T05:06:07.000089Z",
  ...(from === "Support" ? { supportId: "s" } : {}),
  ...(clientId ? { clientId } : {}),
});

function visitor(more: Partial<ChatOptions> = {}) {
  const world = new FakeWorld();
  const options: ChatOptions = { chatServer: "http://desk", chatId: "c", userId: "u", side: "User", name: "Mina", username: "Mina", ...more };
  const chat = new ChatClient(options, () => {}, world);
  return { world, chat };
}

function joinedVisitor(more: Partial<ChatOptions> = {}) {
  const made = visitor(more);
  made.world.socket.opens();
  made.world.socket.hears("Joined", { participant: "User", userId: "u", chatId: "c", epoch: "e", seq: 1, idleTimeoutMs: 120_000 });
  return made;
}

function agent(more: Partial<ChatOptions> = {}) {
  return visitor({ side: "Support", name: "Vika", claimId: "claim1", ...more });
}

const contents = (chat: ChatClient) => chat.state.lines.flatMap((line) => (line.kind === "message" ? [line.content] : []));

describe("joining", () => {
  test("a visitor joins as soon as the socket opens, and waits", () => {
    const { world, chat } = joinedVisitor();
    expect(world.socket.url).toBe("ws://desk/chat/c");
    expect(world.socket.protocols).toEqual(["helpline.v1"]);
    expect(world.socket.said("Join")).toEqual([{ userId: "u", username: "Mina", queue: true, pages: true, from: "User" }]);
    expect(chat.state.phase).toEqual({ kind: "waiting" });
  });

  test("an agent who joins is told of by name", () => {
    const { world, chat } = joinedVisitor();
    world.socket.hears("Joined", { participant: "Support", userId: "u", supportId: "s", supportUserName: "Vika" });
    expect(chat.state).toMatchObject({ phase: { kind: "engaged" }, agentName: "Vika", supportId: "s" });
    expect(chat.state.lines).toMatchObject([{ kind: "note", what: "agentJoined", name: "Vika" }]);
  });

  test("a chat that is given to another agent is over on this desk, without an alarm", () => {
    const { world, chat } = agent();
    world.socket.opens();
    world.socket.hears("ChatHistory", { messages: [wire(2, "hello")], epoch: "e", lastSeq: 2, status: "engaged", supportId: "s", email: "mina@example" });
    expect(chat.state).toMatchObject({ email: "mina@example", emailVerified: false });
    world.socket.hears("Room", { email: "mina@shop.example", emailVerified: true });
    expect(chat.state).toMatchObject({ email: "mina@shop.example", emailVerified: true });
    world.socket.hears("Error", { code: "forbidden", message: "the chat is another agent's now" });
    expect(chat.state.phase).toEqual({ kind: "over", reason: "givenAway" });
    world.passes(60_000);
    expect(world.sockets).toHaveLength(1);
  });

  test("the end is told once: by whom it came, not also that they left", () => {
    const { world, chat } = joinedVisitor();
    world.socket.hears("Joined", { participant: "Support", userId: "u", supportId: "s", supportUserName: "Vika" });
    world.socket.hears("SupportLeft", { chatId: "c", supportId: "s", supportUserName: "Vika" });
    world.socket.hears("ChatExpired", { chatId: "c", reason: "left", by: "Support" });
    expect(chat.state.phase).toEqual({ kind: "over", reason: "byAgent" });
    expect(chat.state.lines).toMatchObject([{ kind: "note", what: "agentJoined" }]);
  });

  test("what the deployment says when an agent comes and goes is shown in its words, the standard sentence in the reader's language", () => {
    const { world, chat } = joinedVisitor();
    const texts = () => chat.state.lines.flatMap((line) => (line.kind === "note" ? [line.text] : []));
    world.socket.hears("Joined", { participant: "Support", userId: "u", supportId: "s", supportUserName: "Vika", text: "Vika is now with you." });
    expect(texts()).toEqual([undefined]);
    world.socket.hears("SupportLeft", { chatId: "c", supportId: "s", supportUserName: "Vika", text: "Bye, Mina! Vika" });
    expect(texts()).toEqual([undefined, "Bye, Mina! Vika"]);
    world.socket.hears("Joined", { participant: "Support", userId: "u", supportId: "s2", supportUserName: "$&", text: "Hello from $&" });
    expect(texts()).toEqual([undefined, "Bye, Mina! Vika", "Hello from $&"]);
    world.socket.hears("SupportLeft", { chatId: "c", supportId: "s2", supportUserName: "$&", text: "$& is gone" });
    world.socket.hears("ChatExpired", { chatId: "c", reason: "left", by: "Support" });
    expect(texts()).toEqual([undefined, "Bye, Mina! Vika", "Hello from $&", "$& is gone"]);
  });

  test("a claim that was lost is final and names the winner", () => {
    const { world, chat } = agent();
    world.socket.opens();
    expect(world.socket.said("Join")[0]).toMatchObject({ from: "Support", supportUserName: "Vika", clientId: "claim1" });
    world.socket.hears("Error", { code: "already_claimed", message: "", supportUserName: "Omar" });
    expect(chat.state.phase).toEqual({ kind: "refused", code: "already_claimed", winner: "Omar" });
    world.passes(60_000);
    expect(world.sockets).toHaveLength(1);
  });

  test("a claim whose answer was lost is repeated under the same name, a won one becomes a re-join", () => {
    const { world } = agent();
    world.socket.opens();
    world.socket.dies();
    world.passes(1_000);
    world.socket.opens();
    expect(world.socket.said("Join")[0]).toMatchObject({ clientId: "claim1" });
    world.socket.hears("Joined", { participant: "Support", userId: "u", supportId: "s", supportUserName: "Vika", epoch: "e", seq: 3 });
    world.socket.dies();
    world.passes(1_000);
    world.socket.opens();
    expect(world.socket.said("Join")[0]).toMatchObject({ supportId: "s", resume: { epoch: "e", after: 3 } });
    expect(world.socket.said("Join")[0]).not.toHaveProperty("clientId");
  });

  test("a store that is away is asked again", () => {
    const { world, chat } = visitor();
    world.socket.opens();
    world.socket.hears("Error", { code: "unavailable", message: "" });
    world.passes(3_000);
    expect(world.socket.said("Join")).toHaveLength(2);
    expect(chat.state.phase.kind).toBe("joining");
  });

  test("a join into a dead connection is noticed", () => {
    const { world } = visitor();
    world.socket.opens();
    world.passes(8_000);
    expect(world.sockets).toHaveLength(2);
  });
});

describe("sending", () => {
  test("one message is on its way at a time, in the order written", () => {
    const { world, chat } = joinedVisitor();
    chat.send("one");
    chat.send("two");
    expect(world.socket.said("ChatMessage").map((args) => args.content)).toEqual(["one"]);
    expect(chat.state.outgoing.map((message) => message.content)).toEqual(["one", "two"]);
    world.socket.hears("ChatMessage", wire(2, "one", "User", "id1"));
    expect(world.socket.said("ChatMessage").map((args) => args.content)).toEqual(["one", "two"]);
    world.socket.hears("ChatMessage", wire(3, "two", "User", "id2"));
    expect(contents(chat)).toEqual(["one", "two"]);
    expect(chat.state.outgoing).toEqual([]);
  });

  test("what was written before the chat is joined goes out afterwards", () => {
    const { world, chat } = visitor();
    chat.send("early");
    world.socket.opens();
    expect(world.socket.said("ChatMessage")).toEqual([]);
    world.socket.hears("Joined", { participant: "User", userId: "u" });
    expect(world.socket.said("ChatMessage")).toHaveLength(1);
  });

  test("a message whose echo was lost is repeated with its own id and stands once", () => {
    const { world, chat } = joinedVisitor();
    chat.send("did it arrive?");
    world.socket.dies();
    world.passes(1_000);
    world.socket.opens();
    expect(world.socket.said("Join")[0]).toMatchObject({ resume: { epoch: "e", after: 1 } });
    world.socket.hears("ChatHistory", { messages: [], epoch: "e", lastSeq: 1, partial: true });
    expect(world.socket.said("ChatMessage")).toMatchObject([{ clientId: "id1" }]);
    world.socket.hears("ChatMessage", wire(2, "did it arrive?", "User", "id1"));
    world.socket.hears("ChatMessage", wire(2, "did it arrive?", "User", "id1"));
    expect(contents(chat)).toEqual(["did it arrive?"]);
  });

  test("a message that history already has is not sent again", () => {
    const { world, chat } = joinedVisitor();
    chat.send("stored");
    world.socket.dies();
    world.passes(1_000);
    world.socket.opens();
    world.socket.hears("ChatHistory", { messages: [wire(2, "stored", "User", "id1")], epoch: "e", lastSeq: 2, partial: true });
    expect(world.socket.said("ChatMessage")).toEqual([]);
    expect(chat.state.outgoing).toEqual([]);
  });

  test("the answer to a repeat says nothing about what came before it", () => {
    const { world, chat } = joinedVisitor();
    chat.send("mine");
    const { clientId } = world.socket.said("ChatMessage")[0] ?? {};
    world.socket.hears("Error", { code: "unavailable", message: "" });
    world.passes(3_000);
    expect(world.socket.said("ChatMessage")).toHaveLength(2);
    world.socket.hears("ChatMessage", wire(8, "mine", "User", String(clientId)));
    expect(contents(chat)).toEqual(["mine"]);
    world.socket.dies();
    world.passes(1_000);
    world.socket.opens();
    expect(world.socket.said("Join")[0]).toMatchObject({ resume: { epoch: "e", after: 1 } });
    world.socket.hears("ChatHistory", {
      messages: [wire(5, "missed", "Support"), wire(8, "mine", "User", String(clientId))],
      partial: true,
      epoch: "e",
      lastSeq: 8,
    });
    expect(contents(chat)).toEqual(["missed", "mine"]);
    expect(chat.state.outgoing).toEqual([]);
  });

  test("so does that of a message that an earlier page may have sent", () => {
    const left: Outgoing = { clientId: "left", content: "mine", at: 0 };
    const { world } = joinedVisitor({ outbox: { load: () => [left], save: () => {} } });
    world.socket.hears("ChatMessage", wire(8, "mine", "User", "left"));
    world.socket.dies();
    world.passes(1_000);
    world.socket.opens();
    expect(world.socket.said("Join")[0]).toMatchObject({ resume: { epoch: "e", after: 1 } });
  });

  test("no echo in time means a dead connection", () => {
    const { world, chat } = joinedVisitor();
    chat.send("anyone?");
    world.passes(8_000);
    expect(world.sockets).toHaveLength(2);
    expect(chat.state.outgoing).toHaveLength(1);
  });

  test("a server that is busy gets the message again, in order", () => {
    const { world, chat } = joinedVisitor();
    chat.send("one");
    chat.send("two");
    world.socket.hears("Error", { code: "slow_down", message: "" });
    world.passes(2_500);
    expect(world.socket.said("ChatMessage").map((args) => args.content)).toEqual(["one", "one"]);
  });

  test("a message for which a chat has no room is not sent again by itself", () => {
    const { world, chat } = joinedVisitor();
    chat.send("one more");
    world.socket.hears("Error", { code: "slow_down", full: true, message: "" });
    world.passes(10_000);
    expect(world.socket.said("ChatMessage")).toHaveLength(1);
    expect(chat.state.outgoing).toMatchObject([{ content: "one more", refused: "slow_down" }]);
  });

  test("a refused message stays readable and does not hold up the next", () => {
    const { world, chat } = joinedVisitor();
    chat.send("bad");
    chat.send("good");
    world.socket.hears("Error", { code: "invalid_field", field: "content", message: "" });
    expect(chat.state.outgoing).toMatchObject([{ content: "bad", refused: "invalid_field" }, { content: "good" }]);
    expect(world.socket.said("ChatMessage").at(-1)).toMatchObject({ content: "good" });
  });

  test("unsent text outlives a reload", () => {
    let kept: readonly Outgoing[] = [];
    const outbox: OutboxStore = { load: () => [...kept], save: (messages) => (kept = messages) };
    const before = joinedVisitor({ outbox });
    before.chat.send("half-sent");
    const after = joinedVisitor({ outbox });
    expect(after.world.socket.said("ChatMessage")).toMatchObject([{ content: "half-sent", clientId: "id1" }]);
  });
});

describe("reading", () => {
  test("history replaces what was there when the epoch changed", () => {
    const { world, chat } = joinedVisitor();
    world.socket.hears("ChatMessage", wire(2, "lost by a crash"));
    world.socket.hears("ChatHistory", { messages: [wire(1, "kept")], epoch: "e2", lastSeq: 1, partial: false });
    expect(contents(chat)).toEqual(["kept"]);
  });

  test("a history in pages is joined when its last page is here, and resumed after the last one that came", () => {
    const { world, chat } = joinedVisitor();
    world.socket.dies();
    world.passes(1_000);
    world.socket.opens();
    const page = { epoch: "e2", agents: {} };
    world.socket.hears("ChatHistory", { ...page, messages: [wire(1, "one"), wire(2, "two")], lastSeq: 2, partial: false, more: true });
    expect(contents(chat)).toEqual(["one", "two"]);
    expect(chat.state.live).toBe(false);
    world.socket.hears("ChatHistory", { ...page, messages: [wire(3, "three")], lastSeq: 3, partial: true, more: true });
    world.socket.dies();
    world.passes(1_000);
    world.socket.opens();
    expect(world.socket.said("Join")[0]).toMatchObject({ pages: true, resume: { epoch: "e2", after: 3 } });
    world.socket.hears("ChatHistory", { ...page, messages: [wire(4, "four")], lastSeq: 4, partial: true });
    expect(contents(chat)).toEqual(["one", "two", "three", "four"]);
    expect(chat.state.live).toBe(true);
  });

  test("a partial history continues what was there", () => {
    const { world, chat } = joinedVisitor();
    world.socket.hears("ChatMessage", wire(2, "one"));
    world.socket.hears("ChatHistory", { messages: [wire(2, "one"), wire(5, "two")], epoch: "e", lastSeq: 5, partial: true });
    expect(contents(chat)).toEqual(["one", "two"]);
  });

  test("a line that comes late is a place to resume from: more of what was overtaken may be on its way", () => {
    const { world, chat } = joinedVisitor();
    for (const seq of [2, 9, 5, 6]) world.socket.hears("ChatMessage", wire(seq, `${seq}`, "Support"));
    expect(contents(chat)).toEqual(["2", "5", "6", "9"]);
    const resumesAfter = () => {
      world.socket.dies();
      world.passes(1_000);
      world.socket.opens();
      return world.socket.said("Join")[0]?.["resume"];
    };
    expect(resumesAfter()).toEqual({ epoch: "e", after: 6 });
    world.socket.hears("ChatMessage", wire(9, "9", "Support"));
    expect(resumesAfter()).toEqual({ epoch: "e", after: 9 });
  });

  test("seen is said once for each new message of the other side", () => {
    const { world, chat } = joinedVisitor();
    world.socket.hears("ChatMessage", wire(4, "hello", "Support"));
    chat.sawEverything();
    chat.sawEverything();
    expect(world.socket.said("Seen")).toEqual([{ seq: 4 }]);
    world.socket.hears("Seen", { participant: "Support", seq: 3 });
    expect(chat.state.seen.Support).toBe(3);
  });

  test("typing is said sparingly, and the other side's is forgotten", () => {
    const { world, chat } = joinedVisitor();
    for (let key = 0; key < 10; key++) chat.typed("hel");
    expect(world.socket.said("Typing")).toEqual([{ on: true }]);
    world.passes(4_000);
    expect(world.socket.said("Typing")).toEqual([{ on: true }, { on: false }]);
    chat.typed("x");
    chat.send("x");
    chat.typed("y");
    expect(world.socket.said("Typing")).toHaveLength(2);
    world.passes(1_100);
    expect(world.socket.said("Typing").at(-1)).toEqual({ on: true });
    world.socket.hears("Typing", { participant: "Support", on: true });
    expect(chat.state.peerTyping).toBe(true);
    world.passes(6_000);
    expect(chat.state.peerTyping).toBe(false);
  });
});

describe("the end", () => {
  const reasonAfter = (act: (world: FakeWorld, chat: ChatClient) => void, expired: object = {}) => {
    const { world, chat } = joinedVisitor();
    act(world, chat);
    world.socket.hears("ChatExpired", { chatId: "c", ...expired });
    world.passes(3_600_000);
    expect(world.sockets).toHaveLength(1);
    return chat.state.phase;
  };

  test("is told by the server", () => {
    expect(reasonAfter(() => {}, { reason: "left", by: "Support" })).toEqual({ kind: "over", reason: "byAgent" });
    expect(reasonAfter(() => {}, { reason: "silence" })).toEqual({ kind: "over", reason: "silence" });
  });

  test("or is understood from what came before", () => {
    const left = { chatId: "c", supportId: "s", supportUserName: "Vika" };
    expect(reasonAfter((world) => world.socket.hears("SupportLeft", left))).toEqual({ kind: "over", reason: "byAgent" });
    expect(reasonAfter((_, chat) => chat.leave())).toEqual({ kind: "over", reason: "byVisitor" });
    expect(reasonAfter((world) => world.passes(60_000))).toEqual({ kind: "over", reason: "silence" });
    const agentCame = (world: FakeWorld) =>
      world.socket.hears("Joined", { participant: "Support", userId: "u", supportId: "s", supportUserName: "Vika" });
    const engagedFor = (ms: number) => (world: FakeWorld) => (agentCame(world), world.passes(ms));
    expect(reasonAfter(engagedFor(119_000))).toEqual({ kind: "over", reason: "silence" });
    expect(reasonAfter(engagedFor(60_000))).toEqual({ kind: "over", reason: "unknown" });
  });

  test("the time left follows what the server counts as activity", () => {
    const { world, chat } = joinedVisitor();
    expect(chat.state.expiresAt).toBe(120_000);
    world.passes(50_000);
    world.socket.hears("Typing", { participant: "Support", on: true });
    expect(chat.state.expiresAt).toBe(120_000);
    world.socket.hears("ChatMessage", wire(2, "hello", "Support"));
    expect(chat.state.expiresAt).toBe(170_000);
    world.socket.hears("ChatHistory", { messages: [], expiresInMs: 5_000, partial: true });
    expect(chat.state.expiresAt).toBe(55_000);
  });

  test("leaving while offline happens on the next connection", () => {
    const { world, chat } = joinedVisitor();
    world.socket.dies();
    chat.leave();
    world.passes(1_000);
    world.socket.opens();
    world.socket.hears("Joined", { participant: "User", userId: "u" });
    expect(world.socket.said("Leave")).toHaveLength(1);
  });

  test("text that was not sent is still there", () => {
    const { world, chat } = joinedVisitor();
    world.socket.dies();
    chat.send("too late");
    world.passes(1_000);
    world.socket.opens();
    world.socket.hears("ChatExpired", { chatId: "c" });
    expect(chat.state.outgoing.map((message) => message.content)).toEqual(["too late"]);
  });
});

describe("one agent after another", () => {
  const joined = (supportId: string, supportUserName: string) => ({ participant: "Support", userId: "u", supportId, supportUserName });
  const notes = (chat: ChatClient) => chat.state.lines.flatMap((line) => (line.kind === "note" ? [`${line.what} ${line.name}`] : []));

  test("a visitor whose agent vanished waits again, and is told of the next as usual", () => {
    const { world, chat } = joinedVisitor();
    world.socket.hears("Joined", joined("s1", "Vika"));
    world.socket.hears("SupportLeft", { chatId: "c", supportId: "s1", supportUserName: "Vika" });
    world.socket.hears("Room", { status: "waiting" });
    world.socket.hears("Queue", { position: 1, waiting: 3 });
    expect(chat.state).toMatchObject({ phase: { kind: "waiting" }, lostAgent: "Vika", queue: { position: 1 } });
    chat.send("still here");
    expect(world.socket.said("ChatMessage").at(-1)).not.toHaveProperty("supportId");
    world.socket.hears("Joined", joined("s2", "Rosa"));
    expect(chat.state).toMatchObject({ phase: { kind: "engaged" }, agentName: "Rosa", queue: undefined });
    expect(chat.state.lostAgent).toBeUndefined();
    expect(notes(chat)).toEqual(["agentJoined Vika", "agentLeft Vika", "agentJoined Rosa"]);
  });

  test("whoever comes back to a chat that waits again is waiting, whatever was said in it", () => {
    const { world, chat } = visitor();
    world.socket.opens();
    world.socket.hears("ChatHistory", { messages: [wire(2, "hello"), wire(3, "hi", "Support")], epoch: "e", lastSeq: 9, status: "waiting" });
    expect(chat.state).toMatchObject({ phase: { kind: "waiting" }, lostAgent: "" });
  });

  test("a chat that nobody has answered yet was lost by nobody", () => {
    const { world, chat } = visitor();
    world.socket.opens();
    world.socket.hears("ChatHistory", { messages: [wire(2, "hello")], epoch: "e", lastSeq: 2, status: "waiting" });
    world.socket.hears("Room", { status: "waiting" });
    expect(chat.state.phase).toEqual({ kind: "waiting" });
    expect(chat.state.lostAgent).toBeUndefined();
  });

  test("a visitor whose chat is taken over hears who is there now, and keeps who said what", () => {
    const { world, chat } = joinedVisitor();
    world.socket.hears("Joined", joined("s1", "Vika"));
    world.socket.hears("Joined", joined("s2", "Rosa"));
    expect(notes(chat)).toEqual(["agentJoined Vika", "agentChanged Rosa"]);
    expect(chat.state).toMatchObject({ agentName: "Rosa", supportId: "s2", names: { s1: "Vika", s2: "Rosa" } });
  });

  test("whoever comes back to it is told who said what", () => {
    const { world, chat } = visitor();
    world.socket.opens();
    const messages = [wire(2, "hello"), wire(3, "hi", "Support")];
    const now = { status: "engaged", supportId: "s2", supportUserName: "Rosa" };
    world.socket.hears("ChatHistory", { messages, epoch: "e", lastSeq: 3, ...now, agents: { s1: "Vika" } });
    expect(chat.state.names).toEqual({ s1: "Vika", s2: "Rosa" });
    world.socket.hears("ChatHistory", { messages: [wire(4, "still me", "Support")], epoch: "e", lastSeq: 4, partial: true, ...now, agents: { s2: "Rosa" } });
    expect(chat.state.names).toEqual({ s1: "Vika", s2: "Rosa" });
  });
});

describe("what only an agent is told", () => {
  const whisper = (seq: number, content: string) => ({ chatId: "c", id: `w${seq}`, seq, by: "Rosa", content, timestamp: "2031-03-04T05:06:08Z" });
  const said = (chat: ChatClient) => chat.state.lines.map((line) => (line.kind === "note" ? line.what : `${line.kind} ${line.content}`));

  test("whispers stand among the messages, count as unread, and come again with the history", () => {
    const { world, chat } = agent();
    world.socket.opens();
    world.socket.hears("ChatHistory", { messages: [wire(2, "hello")], whispers: [whisper(3, "be kind")], epoch: "e", lastSeq: 3, status: "engaged", severity: 1 });
    chat.sawEverything();
    expect(chat.state).toMatchObject({ severity: 1, unread: 0 });
    world.socket.hears("Whisper", whisper(4, "ask for the number"));
    world.socket.hears("Whisper", whisper(4, "ask for the number"));
    world.socket.hears("ChatMessage", wire(5, "anybody?"));
    expect(said(chat)).toEqual(["message hello", "whisper be kind", "whisper ask for the number", "message anybody?"]);
    expect(chat.state.unread).toBe(2);
    chat.sawEverything();
    expect(chat.state.unread).toBe(0);
    world.socket.dies();
    world.passes(1_000);
    world.socket.opens();
    expect(world.socket.said("Join")[0]).toMatchObject({ resume: { epoch: "e", after: 5 } });
    world.socket.hears("ChatHistory", { messages: [], whispers: [whisper(7, "well done")], partial: true, epoch: "e", lastSeq: 7, status: "engaged", severity: 0 });
    expect(said(chat).at(-1)).toBe("whisper well done");
    expect(chat.state).toMatchObject({ severity: 0, unread: 1 });
  });

  test("a flag is shown as soon as it is set", () => {
    const { world, chat } = agent();
    world.socket.opens();
    world.socket.hears("ChatHistory", { messages: [], epoch: "e", lastSeq: 1, status: "engaged", severity: 0 });
    world.socket.hears("Room", { status: "engaged", severity: 2 });
    expect(chat.state.severity).toBe(2);
  });
});

describe("who is here", () => {
  test("what keeps the chat alive elsewhere is asked for before anybody is warned, and then more and more often", () => {
    const { world, chat } = joinedVisitor();
    world.passes(84_000);
    expect(world.socket.said("Life")).toEqual([]);
    world.passes(2_000);
    expect(world.socket.said("Life")).toEqual([{}]);
    world.socket.hears("Life", { expiresInMs: 110_000, idleTimeoutMs: 120_000 });
    expect(chat.state.expiresAt).toBe(196_000);
    world.passes(76_000);
    expect(world.socket.said("Life")).toHaveLength(2);
    world.socket.hears("Life", { expiresInMs: 33_000 });
    world.passes(33_000);
    expect(world.socket.said("Life").length).toBeLessThan(20);
  });

  test("somebody who is still here says so, and a server of the release before is told by a Join", () => {
    const { world, chat } = joinedVisitor();
    chat.stay();
    expect(world.socket.said("KeepAlive")).toEqual([{}]);
    world.socket.hears("Error", { code: "unknown_type", message: "" });
    chat.stay();
    expect(world.socket.said("KeepAlive")).toHaveLength(1);
    expect(world.socket.said("Join")).toHaveLength(2);
    world.passes(119_000);
    expect(world.socket.said("Life")).toEqual([]);
  });

  test("an agent's page says that somebody is there", () => {
    const { world } = agent();
    world.socket.opens();
    expect(world.socket.said("Join")[0]).toMatchObject({ keepAlive: true });
  });
});

describe("from hand to hand", () => {
  function withAnn() {
    const made = joinedVisitor();
    made.world.socket.hears("Joined", { participant: "Support", userId: "u", supportId: "s1", supportUserName: "Ann" });
    made.world.socket.hears("SupportLeft", { chatId: "c", supportId: "s1", supportUserName: "Ann" });
    return made;
  }

  test("a visitor reads who hands it to whom, and not that it was left", () => {
    const { world, chat } = withAnn();
    world.socket.hears("Room", { status: "waiting", handedOverBy: "Ann", handedOverTo: "Bob" });
    expect(chat.state).toMatchObject({ phase: { kind: "waiting" }, handedOver: { by: "Ann", to: "Bob" } });
    expect(chat.state.lostAgent).toBeUndefined();
    expect(chat.state.lines.map((line) => line.kind === "note" && line.what)).toEqual(["agentJoined"]);
    world.socket.hears("Joined", { participant: "Support", userId: "u", supportId: "s2", supportUserName: "Bob" });
    expect(chat.state).toMatchObject({ phase: { kind: "engaged" }, agentName: "Bob" });
    expect(chat.state.handedOver).toBeUndefined();
  });

  test("if that one does not come it waits like anybody", () => {
    const { world, chat } = withAnn();
    world.socket.hears("Room", { status: "waiting", handedOverBy: "Ann", handedOverTo: "Bob" });
    world.socket.hears("Room", { status: "waiting" });
    expect(chat.state).toMatchObject({ phase: { kind: "waiting" }, lostAgent: "" });
    expect(chat.state.handedOver).toBeUndefined();
  });

  test("who reloads meanwhile reads the same", () => {
    const { world, chat } = visitor();
    world.socket.opens();
    world.socket.hears("ChatHistory", { messages: [wire(2, "hi", "Support")], status: "waiting", handedOverBy: "Ann", handedOverTo: "Bob" });
    expect(chat.state).toMatchObject({ phase: { kind: "waiting" }, handedOver: { by: "Ann", to: "Bob" } });
    expect(chat.state.lostAgent).toBeUndefined();
  });

  test("an agent who gives the chat back has lost no connection", () => {
    const { world, chat } = withAnn();
    world.socket.hears("Room", { status: "waiting", givenBack: true });
    expect(chat.state).toMatchObject({ phase: { kind: "waiting" }, lostAgent: "" });
  });

  test("giving back is done when the server says so, and not when it refuses", async () => {
    for (const [code, done] of [
      ["forbidden", true],
      ["not_found", false],
    ] as const) {
      const { world, chat } = agent();
      expect(await chat.release()).toBe(false);
      world.socket.opens();
      world.socket.hears("Joined", { participant: "Support", userId: "u", supportId: "s", supportUserName: "Vika" });
      const released = chat.release();
      expect(world.socket.said("Release")).toEqual([{}]);
      world.socket.hears("Error", { code, message: "" });
      expect(await released).toBe(done);
      expect(chat.state.phase.kind).toBe(done ? "over" : "engaged");
    }
  });
});
