"""What every case of the bench uses: processes, load, pairs, figures."""
