-- Gives a chat a new epoch: its log is not the one that was told before.
--
-- KEYS  1 the chat (hash)
-- ARGV  1 the epoch that was told   2 the new one
-- Returns the epoch the chat has now, or nothing if there is no chat
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if epoch == ARGV[1] then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[2])
  return ARGV[2]
end
return epoch
