  // The memory: bursts in order, DECERR outside the pack.
  reg [ADDRESS_BITS-1:0] burst_address[0:BURSTS-1];
  reg [7:0] burst_length[0:BURSTS-1];
  integer first = 0, waiting = 0, beat = 0, word;

  always @(posedge aclk) begin
    cycles = cycles + 1;
    if (cycles == LIMIT_CYCLES) begin
      fail("time is up, splats so far", seen);
      finish;
    end
    m_arready <= waiting < BURSTS - 2 && random[1:0] != 0;
    if (m_arvalid && m_arready) begin
      burst_address[(first + waiting) % BURSTS] = m_araddr;
      burst_length[(first + waiting) % BURSTS] = m_arlen;
      waiting = waiting + 1;
    end
    if (m_rvalid && m_rready && m_rlast) begin
      first = (first + 1) % BURSTS;
      waiting = waiting - 1;
    end
    if (!m_rvalid || m_rready) begin
      m_rvalid <= 0;
      if (m_rvalid && m_rready) beat = m_rlast ? 0 : beat + 1;
      if (waiting != 0 && random[4:2] != 0) begin
        word = (burst_address[first] - PACK_ADDRESS) / (DATA_BITS / 8) + beat;
        m_rvalid <= 1;
        m_rlast <= beat == burst_length[first];
        m_rresp <= word >= 0 && word < MEMORY ? 2'b00 : 2'b11;
        if (word >= 0 && word < MEMORY) m_rdata <= memory[word];
      end
    end
  end
