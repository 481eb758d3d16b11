-- Commits what was decided for one chat, or changes nothing.
--
-- KEYS  1 the chat (hash)          2 when chats expire (zset)      3 timers (zset)
--       4 the waiting set (hash)   5 who is at the chat (set)      6 where this process is (set)
-- ARGV  1 chat id                  2 command id, '' for none       3 the revision decided on, 0: no chat
--       4 epoch, should it be new  5 time to live in ms, 0: keep   6 the chat's channel
--       7 the queue's channel      8 timer that must be due, ''    9 number of events
--       then per event:  '1' for a message or '0', the event
--       then per change: name, first value, second value (see the end)
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
if ARGV[8] ~= '' and redis.call('ZREM', KEYS[3], ARGV[8]) == 0 then
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
local arg = 10

if count > 0 then
  local fields, said = {}, {}
  for _ = 1, count do
    seq = seq + 1
    local number = 0
    if ARGV[arg] == '1' then
      messages = messages + 1
      number = messages
    else
      revision = revision + 1
    end
    local stamp = string.format('%.0f', at)
    local entry = seq .. ' ' .. number .. ' ' .. stamp .. ' ' .. ARGV[arg + 1]
    fields[#fields + 1] = seq
    fields[#fields + 1] = entry
    said[#said + 1] = '1 ' .. epoch .. ' ' .. revision .. ' ' .. entry
    last = stamp
    at = at + 1
    arg = arg + 2
  end
  redis.call('HSET', chat, 'revision', revision, 'epoch', epoch, 'seq', seq, 'messages', messages,
    'at', last, unpack(fields))
  if ARGV[2] ~= '' then
    -- The last 256 command ids are kept, in a ring.
    local slot = 'r:' .. redis.call('HINCRBY', chat, 'commands', 1) % 256
    local old = redis.call('HGET', chat, slot)
    if old then redis.call('HDEL', chat, 'c:' .. old) end
    redis.call('HSET', chat, slot, ARGV[2], 'c:' .. ARGV[2], first)
  end
  for i = 1, count do
    redis.call('PUBLISH', ARGV[6], said[i])
  end
end
if ARGV[5] ~= '0' then
  redis.call('PEXPIRE', chat, ARGV[5])
end

while ARGV[arg] do
  local change, first_value, second_value = ARGV[arg], ARGV[arg + 1], ARGV[arg + 2]
  if change == 'open' then         -- ms: the chat is there, look then whether it expired
    redis.call('ZADD', KEYS[2], now + first_value, ARGV[1])
  elseif change == 'kept' then     -- the chat is there, and never expires
    redis.call('ZADD', KEYS[2], '+inf', ARGV[1])
  elseif change == 'over' then     -- the chat cannot expire any more
    redis.call('ZREM', KEYS[2], ARGV[1])
  elseif change == 'set' then      -- timer, ms
    redis.call('ZADD', KEYS[3], now + second_value, first_value)
  elseif change == 'clear' then    -- timer
    redis.call('ZREM', KEYS[3], first_value)
  elseif change == 'enter' then    -- socket at the chat, socket at the process
    redis.call('SADD', KEYS[5], first_value)
    redis.call('SADD', KEYS[6], second_value)
  elseif change == 'wait' then     -- entry
    redis.call('HSET', KEYS[4], ARGV[1], first_value)
    local number = redis.call('HINCRBY', KEYS[4], 'revision', 1)
    redis.call('PUBLISH', ARGV[7], '1 ' .. number .. ' ' .. ARGV[1] .. ' ' .. first_value)
  elseif change == 'unwait' then   -- what is said instead of the entry
    if redis.call('HDEL', KEYS[4], ARGV[1]) == 1 then
      local number = redis.call('HINCRBY', KEYS[4], 'revision', 1)
      redis.call('PUBLISH', ARGV[7], '1 ' .. number .. ' ' .. ARGV[1] .. ' ' .. first_value)
    end
  elseif change == 'tell' then     -- channel, text
    redis.call('PUBLISH', first_value, second_value)
  end
  arg = arg + 3
end
return {'done', epoch, revision, first, string.format('%.0f', first_at)}
