-- Puts a socket (back) at a chat and stops its side's timer.
--
-- KEYS  1 who is at the chat (set)   2 where the process is (set)   3 timers (zset)
--       4 when chats expire (zset)
-- ARGV  1 the socket at the chat     2 the socket at the process    3 the side's timer   4 chat id
-- A chat that is over has nobody at it.
if redis.call('ZSCORE', KEYS[4], ARGV[4]) then
  redis.call('SADD', KEYS[1], ARGV[1])
  redis.call('SADD', KEYS[2], ARGV[2])
  redis.call('ZREM', KEYS[3], ARGV[3])
end
