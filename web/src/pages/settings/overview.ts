import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client';

const EVERY_MS = 5000;

export const useOverview = () => useQuery({ queryKey: ['settings'], queryFn: ({ signal }) => get('/settings', { signal }), refetchInterval: EVERY_MS });
