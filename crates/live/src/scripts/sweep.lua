-- Looks what is due. Whoever is told has `again` ms to see to it before it is told to the next.
--
-- KEYS  1 when chats expire (zset)   2 timers (zset)         3 leases (zset)
-- ARGV  1 what chats' keys begin with   2 the most of each   3 again, in ms   4 '1' to look at leases
--       5 how long a chat lives without activity, in ms
-- Returns {{chat that is gone, ...}, {timer, ...}, {process whose lease ran out, ...}}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function due(key)
  return redis.call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, ARGV[2])
end
local function take(key)
  local found = due(key)
  for _, member in ipairs(found) do
    redis.call('ZADD', key, now + ARGV[3], member)
  end
  return found
end

-- A chat's life may become shorter: who it was given to has come, or people changed how long that is. Nobody looks
-- later than that for an end; too early is only a look in vain.
local latest = now + ARGV[5]
for _, chat in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. latest, '(+inf', 'LIMIT', 0, ARGV[2])) do
  redis.call('ZADD', KEYS[1], latest, chat)
end

local gone = {}
for _, chat in ipairs(due(KEYS[1])) do
  -- The key's own time to live is the truth; the score only says when to look.
  local left = redis.call('PTTL', ARGV[1] .. chat)
  if left >= 0 then
    redis.call('ZADD', KEYS[1], now + math.max(left, 1), chat)
  elseif left == -2 then
    redis.call('ZADD', KEYS[1], now + ARGV[3], chat)
    gone[#gone + 1] = chat
  else
    redis.call('ZREM', KEYS[1], chat)
  end
end
return {gone, take(KEYS[2]), ARGV[4] == '1' and take(KEYS[3]) or {}}
