-- Puts a kept chat back from what the records have of it, if it is not there.
--
-- KEYS  1 the chat (hash)     2 when chats expire (zset)   3 the waiting set (hash)
--       4 which agent has which chat (hash)                5 which chats are flagged (hash)
-- ARGV  1 chat id             2 its new epoch              3 revision           4 seq   5 messages   6 last time in us
--       7 the queue's channel 8 its waiting entry, '' if it does not wait
--       9 0, or in how many ms it goes again: it is between two sessions         10 the channel of everything that happens
--      11 the agent who has it, '' for nobody                                    12 how it is flagged, '' if it is not
--      13 how many command ids follow; then each id and the seq of its first event, first come first
--      then its log, from 1
-- Returns 1, or 0 if there is such a chat
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local arg = 14
for _ = 1, ARGV[13] do
  -- The first of a name is the one that was stored when it came.
  redis.call('HSETNX', KEYS[1], 'c:' .. ARGV[arg], ARGV[arg + 1])
  arg = arg + 2
end
local before = arg - 1
for from = arg, #ARGV, 1000 do
  local fields = {}
  for i = from, math.min(from + 999, #ARGV) do
    fields[#fields + 1] = i - before
    fields[#fields + 1] = ARGV[i]
  end
  redis.call('HSET', KEYS[1], unpack(fields))
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[2], 'revision', ARGV[3], 'seq', ARGV[4], 'messages', ARGV[5], 'at', ARGV[6])
if ARGV[9] == '0' then
  redis.call('ZADD', KEYS[2], '+inf', ARGV[1])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[9])
end
if ARGV[8] ~= '' then
  redis.call('HSET', KEYS[3], ARGV[1], ARGV[8])
  local number = redis.call('HINCRBY', KEYS[3], 'revision', 1)
  redis.call('SPUBLISH', ARGV[7], '1 ' .. number .. ' ' .. ARGV[1] .. ' ' .. ARGV[8])
end
if ARGV[11] ~= '' then redis.call('HSET', KEYS[4], ARGV[1], ARGV[11]) end
if ARGV[12] ~= '' then redis.call('HSET', KEYS[5], ARGV[1], ARGV[12]) end
redis.call('SPUBLISH', ARGV[10], '1 ' .. ARGV[1] .. ' ~')
return 1
