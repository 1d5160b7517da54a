import { Avatar, SqlAvatar } from '../ui/Avatar'
import type { Who } from './deed'

/** The face of whoever did it: initials, or a square for SQL and the system. The name stands beside it. */
export function WhoFace({ who, size = 16 }: { who: Who; size?: 16 | 20 | 26 }) {
  return who.person ? (
    <Avatar id={who.person.id} name={who.person.name} size={size} decorative />
  ) : (
    <SqlAvatar size={size} />
  )
}
