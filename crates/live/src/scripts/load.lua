-- Reads a chat, or the part of it after some event, as far as one call may: others wait meanwhile.
--
-- KEYS  1 the chat (hash)
-- ARGV  1 the seq after which entries are wanted   2 after how many bytes of them it is enough
-- Returns nothing if there is no chat, else
--         {epoch, revision, seq, seen by visitor, seen by support, ms to live, {entry, ...}}
-- There is more if the last entry is not the one at seq.
local head = redis.call('HMGET', KEYS[1], 'epoch', 'revision', 'seq', 'seen:visitor', 'seen:support')
if not head[1] then
  return false
end
local seq = tonumber(head[3])
local left = tonumber(ARGV[2])
local entries = {}
local from = ARGV[1] + 1
while from <= seq and left > 0 do
  local fields = {}
  for i = from, math.min(from + 15, seq) do
    fields[#fields + 1] = i
  end
  for _, entry in ipairs(redis.call('HMGET', KEYS[1], unpack(fields))) do
    entries[#entries + 1] = entry
    left = left - (entry and #entry or 0)
  end
  from = from + 16
end
return {head[1], tonumber(head[2]), seq, tonumber(head[4] or 0), tonumber(head[5] or 0),
  redis.call('PTTL', KEYS[1]), entries}
