-- Lets a kept chat that is over go: the records have all of it. Whoever waits for that is told.
--
-- KEYS  1 the chat (hash)   2 when chats expire (zset)
-- ARGV  1 chat id           2 how long it stays known, in ms   3 channel of what the records have
-- A chat that is open does not go, and one that is on its way out goes when it was going to.
if not redis.call('ZSCORE', KEYS[2], ARGV[1]) and redis.call('PTTL', KEYS[1]) == -1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
redis.call('SPUBLISH', ARGV[3], ARGV[1])
