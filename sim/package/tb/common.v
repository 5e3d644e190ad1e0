  integer errors = 0, cycles = 0, seen = 0;
  reg [15:0] random = 16'hace1;  // Galois LFSR: who waits when
  always @(posedge aclk) random <= {1'b0, random[15:1]} ^ (random[0] ? 16'hb400 : 16'h0);

  // `vvp testbench +vcd`: every signal in testbench.vcd.
  initial if ($test$plusargs("vcd")) begin
    $dumpfile("testbench.vcd");
    $dumpvars;
  end

  task fail(input [8*40-1:0] what, input integer number);
    begin
      errors = errors + 1;
      if (errors <= 10) $display("error: %0s, number %0d", what, number);
    end
  endtask

  task finish;
    begin
      if (errors == 0) begin
        $display("PASS: %0d @ITEMS@ in %0d cycles", seen, cycles);
        $finish;
      end else begin
        $display("FAIL: %0d errors", errors);
        $fatal(1);
      end
    end
  endtask
