-- Takes a socket away from a chat; if it was its side's last one, the side's timer starts.
--
-- KEYS  1 who is at the chat (set)   2 where the process is (set)   3 timers (zset)
--       4 when chats expire (zset)
-- ARGV  1 the socket at the chat     2 the socket at the process    3 what its side's sockets begin with
--       4 the side's timer           5 its time in ms               6 chat id
redis.call('SREM', KEYS[2], ARGV[2])
if redis.call('SREM', KEYS[1], ARGV[1]) == 0 then return end
for _, socket in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  if string.sub(socket, 1, #ARGV[3]) == ARGV[3] then return end
end
-- A chat that is over has nobody to miss.
if redis.call('ZSCORE', KEYS[4], ARGV[6]) then
  local time = redis.call('TIME')
  redis.call('ZADD', KEYS[3], time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[5], ARGV[4])
end
