-- Commits what was decided for one chat, or changes nothing.
--
-- KEYS  1 the chat (hash), then the event stream if events are handed on, then what the changes touch, in their order
-- ARGV  1 chat id                  2 command id, '' for none       3 the revision decided on, 0: no chat
--       4 epoch, should it be new  5 time to live in ms, 0: keep   6 the chat's channel
--       7 timer that must be due (the set of timers is the next key), '' for none
--       8 '1' to hand the events on, else ''                       9 number of events
--      10 the channel of everything that happens
--       then per event:  '1' for a message, '2' for what is numbered among the messages, else '0'; the event
--       then per change: name, first value, second value (see the end, also for the keys each takes)
-- Returns {'done', epoch, revision, seq of the first event, time of the first event in us}
--         {'repeat', seq}   the command id was committed before: its first event
--         {'conflict'}      the chat is at another revision (or there is none)
--         {'untimely'}      the timer was taken or stopped
local chat = KEYS[1]
local head = redis.call('HMGET', chat, 'revision', 'epoch', 'seq', 'messages', 'at', 'c:' .. ARGV[2])
if head[6] then
  return {'repeat', tonumber(head[6])}
end
if (head[1] or '0') ~= ARGV[3] then
  return {'conflict'}
end
local taken = 1
local function next_key()
  taken = taken + 1
  return KEYS[taken]
end
local stream = ARGV[8] ~= '' and next_key()
if ARGV[7] ~= '' and redis.call('ZREM', next_key(), ARGV[7]) == 0 then
  return {'untimely'}
end

local time = redis.call('TIME')
local at = time[1] * 1000000 + time[2]
local now = math.floor(at / 1000)
local last = tonumber(head[5] or 0)
if at <= last then at = last + 1 end

local epoch = head[2] or ARGV[4]
local revision = tonumber(head[1] or 0)
local seq = tonumber(head[3] or 0)
local messages = tonumber(head[4] or 0)
local first, first_at = seq + 1, at
local count = tonumber(ARGV[9])
local arg = 11

if count > 0 then
  local fields, entries, revisions = {}, {}, {}
  for i = 1, count do
    seq = seq + 1
    local number = 0
    if ARGV[arg] ~= '0' then
      messages = messages + 1
      number = messages
    end
    if ARGV[arg] ~= '1' then
      revision = revision + 1
    end
    last = string.format('%.0f', at)
    local entry = seq .. ' ' .. number .. ' ' .. last .. ' ' .. ARGV[arg + 1]
    fields[#fields + 1] = seq
    fields[#fields + 1] = entry
    entries[i] = entry
    revisions[i] = revision
    at = at + 1
    arg = arg + 2
  end
  if ARGV[2] ~= '' then
    -- Remembered as long as the chat: whoever has lost its connection repeats all that it did not see answered.
    fields[#fields + 1] = 'c:' .. ARGV[2]
    fields[#fields + 1] = first
  end
  redis.call('HSET', chat, 'revision', revision, 'epoch', epoch, 'seq', seq, 'messages', messages,
    'at', last, unpack(fields))
  for i = 1, count do
    if stream then
      redis.call('XADD', stream, '*', 'chat', ARGV[1], 'epoch', epoch, 'entry', entries[i])
    end
    local said = epoch .. ' ' .. revisions[i] .. ' ' .. entries[i]
    redis.call('SPUBLISH', ARGV[6], '1 ' .. said)
    redis.call('SPUBLISH', ARGV[10], '1 ' .. ARGV[1] .. ' ' .. said)
  end
end
if ARGV[5] ~= '0' then
  redis.call('PEXPIRE', chat, ARGV[5])
end

while ARGV[arg] do
  local change, first_value, second_value = ARGV[arg], ARGV[arg + 1], ARGV[arg + 2]
  if change == 'open' then         -- ms: the chat is there, look then whether it expired. Key: when chats expire (zset)
    redis.call('ZADD', next_key(), now + first_value, ARGV[1])
  elseif change == 'kept' then     -- the chat is there, and never expires. Key: the same
    redis.call('ZADD', next_key(), '+inf', ARGV[1])
    redis.call('PERSIST', chat)
  elseif change == 'over' then     -- the chat cannot expire any more. Key: the same
    redis.call('ZREM', next_key(), ARGV[1])
  elseif change == 'set' then      -- timer, ms. Key: timers (zset)
    redis.call('ZADD', next_key(), now + second_value, first_value)
  elseif change == 'clear' then    -- timer. Key: the same
    redis.call('ZREM', next_key(), first_value)
  elseif change == 'enter' then    -- socket at the chat, socket at the process. Keys: the set of each
    redis.call('SADD', next_key(), first_value)
    redis.call('SADD', next_key(), second_value)
  elseif change == 'wait' then     -- entry, the queue's channel. Key: the waiting set (hash)
    local waiting = next_key()
    redis.call('HSET', waiting, ARGV[1], first_value)
    local number = redis.call('HINCRBY', waiting, 'revision', 1)
    redis.call('SPUBLISH', second_value, '1 ' .. number .. ' ' .. ARGV[1] .. ' ' .. first_value)
  elseif change == 'unwait' then   -- what is said instead of the entry, the queue's channel. Key: the same
    local waiting = next_key()
    if redis.call('HDEL', waiting, ARGV[1]) == 1 then
      local number = redis.call('HINCRBY', waiting, 'revision', 1)
      redis.call('SPUBLISH', second_value, '1 ' .. number .. ' ' .. ARGV[1] .. ' ' .. first_value)
    end
  elseif change == 'note' then     -- what is noted of the chat. Key: the notes (hash)
    redis.call('HSET', next_key(), ARGV[1], first_value)
  elseif change == 'forget' then   -- nothing is noted any more. Key: the same
    redis.call('HDEL', next_key(), ARGV[1])
  elseif change == 'tell' then     -- channel, text
    redis.call('PUBLISH', first_value, second_value)
  end
  arg = arg + 3
end
return {'done', epoch, revision, first, string.format('%.0f', first_at)}
