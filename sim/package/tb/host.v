  // The host: one access at a time. Tasks speak to it between the rising edges, so that no
  // simulator's order of events matters.
  reg asked = 0, asked_write = 0, done = 0, under_way = 0;
  reg [11:0] asked_address;
  reg [31:0] asked_data, value;

  always @(posedge aclk) begin
    done <= 0;
    if (!under_way) begin
      if (asked && !done) begin
        under_way <= 1;
        awaddr <= asked_address;
        araddr <= asked_address;
        wdata <= asked_data;
        awvalid <= asked_write;
        wvalid <= asked_write;
        bready <= asked_write;
        arvalid <= !asked_write;
        rready <= !asked_write;
      end
    end else begin
      if (awready) awvalid <= 0;
      if (wready) wvalid <= 0;
      if (arready) arvalid <= 0;
      if (bready && bvalid || rready && rvalid) begin
        if (bready && bresp != 0) fail("a write was refused, offset", awaddr);
        if (rready && rresp != 0) fail("a read was refused, offset", araddr);
        value <= rdata;
        bready <= 0;
        rready <= 0;
        under_way <= 0;
        done <= 1;
      end
    end
  end

  task access(input is_write, input [11:0] address, input [31:0] data);
    begin
      @(negedge aclk);
      asked_write = is_write;
      asked_address = address;
      asked_data = data;
      asked = 1;
      while (!done) @(negedge aclk);
      asked = 0;
    end
  endtask
