-- Puts a kept chat back from what the records have of it, if it is not there.
--
-- KEYS  1 the chat (hash)     2 when chats expire (zset)   3 the waiting set (hash)
-- ARGV  1 chat id             2 its new epoch              3 revision           4 seq   5 messages   6 last time in us
--       7 the queue's channel 8 its waiting entry, '' if it does not wait      9... its log, from 1
-- Returns 1, or 0 if there is such a chat
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
for from = 9, #ARGV, 1000 do
  local fields = {}
  for i = from, math.min(from + 999, #ARGV) do
    fields[#fields + 1] = i - 8
    fields[#fields + 1] = ARGV[i]
  end
  redis.call('HSET', KEYS[1], unpack(fields))
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[2], 'revision', ARGV[3], 'seq', ARGV[4], 'messages', ARGV[5], 'at', ARGV[6])
redis.call('ZADD', KEYS[2], '+inf', ARGV[1])
if ARGV[8] ~= '' then
  redis.call('HSET', KEYS[3], ARGV[1], ARGV[8])
  local number = redis.call('HINCRBY', KEYS[3], 'revision', 1)
  redis.call('PUBLISH', ARGV[7], '1 ' .. number .. ' ' .. ARGV[1] .. ' ' .. ARGV[8])
end
return 1
