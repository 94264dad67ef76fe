"""What measures a detector, and no production needs: simulated worlds and evaluation."""
