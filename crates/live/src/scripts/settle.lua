-- Makes true of somebody what its sockets say: without any it is not online any more.
--
-- KEYS  1 who is online (hash)       2 the person's sockets (hash)   3 timers (zset)
-- ARGV  1 the person in the first    2 the person's timer
--       3 the channel on which that is told, '' for a person without a status, of whom nothing is told
--       4 what is told when it is gone
-- Returns 'gone', 'away' (it took requests, and now does not) or 'same'
redis.call('ZREM', KEYS[3], ARGV[2])
local sockets = redis.call('HVALS', KEYS[2])
if #sockets == 0 then
  if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 'same' end
  if ARGV[3] ~= '' then redis.call('SPUBLISH', ARGV[3], ARGV[4]) end
  return 'gone'
end
if ARGV[3] == '' then return 'same' end
for _, takes in ipairs(sockets) do
  if takes == '1' then return 'same' end
end
local before = redis.call('HGET', KEYS[1], ARGV[1])
local after = before and string.gsub(before, '"status":"available",("since":%d+})$', '"status":"away",%1')
if not before or after == before then return 'same' end
redis.call('HSET', KEYS[1], ARGV[1], after)
redis.call('SPUBLISH', ARGV[3], '1 {"here":' .. after .. '}')
return 'away'
