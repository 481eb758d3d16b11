-- Lets a kept chat that is over go: the records have all of it.
--
-- KEYS  1 the chat (hash)   2 when chats expire (zset)
-- ARGV  1 chat id           2 how long it stays known, in ms
-- A chat that is open does not go, and one that is on its way out goes when it was going to.
if not redis.call('ZSCORE', KEYS[2], ARGV[1]) and redis.call('PTTL', KEYS[1]) == -1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
