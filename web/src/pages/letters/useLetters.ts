// The faults of every stream, asked for again and again.
import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client';

const EVERY_MS = 2000;
export const LETTERS_KEY = ['dlq'];

export function useLetters() {
  return useQuery({ queryKey: LETTERS_KEY, queryFn: ({ signal }) => get('/dlq', { signal }), refetchInterval: EVERY_MS });
}
