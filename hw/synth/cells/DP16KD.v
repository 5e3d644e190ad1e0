// The ECP5's block RAM as Yosys uses it here: no outputister, no reset. Bytes of 9 bits; ports
// of 36 bits (A writes, B reads), or of 18, 9, 4, 2 or 1 on either side, which may differ. At 36 and
// 18 bits the low address bits of the writing port enable its bytes. At 36 bits DIA and DOA hold the
// low half, DIB and DOB the high one. A word read as it is written reads as before. From Lattice's "ECP5
// and ECP5-5G Memory Usage Guide" (TN1264) and the way Yosys maps memories to it; Yosys has a black
// box only. Any other use ends the simulation.
module DP16KD(
    input DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9,
    input DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0,
    input ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5,
    input ADA4, ADA3, ADA2, ADA1, ADA0,
    input DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9,
    input DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0,
    input ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5,
    input ADB4, ADB3, ADB2, ADB1, ADB0,
    input CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
    input CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
    output DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9,
    output DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0,
    output DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9,
    output DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0
);
  parameter DATA_WIDTH_A = 18, DATA_WIDTH_B = 18;
  parameter REGMODE_A = "NOREG", REGMODE_B = "NOREG";
  parameter RESETMODE = "SYNC", ASYNC_RESET_RELEASE = "SYNC", GSR = "ENABLED";
  parameter CSDECODE_A = "0b000", CSDECODE_B = "0b000";
  parameter WRITEMODE_A = "NORMAL", WRITEMODE_B = "NORMAL";
  parameter CLKAMUX = "CLKA", CLKBMUX = "CLKB";
  parameter [319:0] INITVAL_00 = 320'h0;
  parameter [319:0] INITVAL_01 = 320'h0;
  parameter [319:0] INITVAL_02 = 320'h0;
  parameter [319:0] INITVAL_03 = 320'h0;
  parameter [319:0] INITVAL_04 = 320'h0;
  parameter [319:0] INITVAL_05 = 320'h0;
  parameter [319:0] INITVAL_06 = 320'h0;
  parameter [319:0] INITVAL_07 = 320'h0;
  parameter [319:0] INITVAL_08 = 320'h0;
  parameter [319:0] INITVAL_09 = 320'h0;
  parameter [319:0] INITVAL_0A = 320'h0;
  parameter [319:0] INITVAL_0B = 320'h0;
  parameter [319:0] INITVAL_0C = 320'h0;
  parameter [319:0] INITVAL_0D = 320'h0;
  parameter [319:0] INITVAL_0E = 320'h0;
  parameter [319:0] INITVAL_0F = 320'h0;
  parameter [319:0] INITVAL_10 = 320'h0;
  parameter [319:0] INITVAL_11 = 320'h0;
  parameter [319:0] INITVAL_12 = 320'h0;
  parameter [319:0] INITVAL_13 = 320'h0;
  parameter [319:0] INITVAL_14 = 320'h0;
  parameter [319:0] INITVAL_15 = 320'h0;
  parameter [319:0] INITVAL_16 = 320'h0;
  parameter [319:0] INITVAL_17 = 320'h0;
  parameter [319:0] INITVAL_18 = 320'h0;
  parameter [319:0] INITVAL_19 = 320'h0;
  parameter [319:0] INITVAL_1A = 320'h0;
  parameter [319:0] INITVAL_1B = 320'h0;
  parameter [319:0] INITVAL_1C = 320'h0;
  parameter [319:0] INITVAL_1D = 320'h0;
  parameter [319:0] INITVAL_1E = 320'h0;
  parameter [319:0] INITVAL_1F = 320'h0;
  parameter [319:0] INITVAL_20 = 320'h0;
  parameter [319:0] INITVAL_21 = 320'h0;
  parameter [319:0] INITVAL_22 = 320'h0;
  parameter [319:0] INITVAL_23 = 320'h0;
  parameter [319:0] INITVAL_24 = 320'h0;
  parameter [319:0] INITVAL_25 = 320'h0;
  parameter [319:0] INITVAL_26 = 320'h0;
  parameter [319:0] INITVAL_27 = 320'h0;
  parameter [319:0] INITVAL_28 = 320'h0;
  parameter [319:0] INITVAL_29 = 320'h0;
  parameter [319:0] INITVAL_2A = 320'h0;
  parameter [319:0] INITVAL_2B = 320'h0;
  parameter [319:0] INITVAL_2C = 320'h0;
  parameter [319:0] INITVAL_2D = 320'h0;
  parameter [319:0] INITVAL_2E = 320'h0;
  parameter [319:0] INITVAL_2F = 320'h0;
  parameter [319:0] INITVAL_30 = 320'h0;
  parameter [319:0] INITVAL_31 = 320'h0;
  parameter [319:0] INITVAL_32 = 320'h0;
  parameter [319:0] INITVAL_33 = 320'h0;
  parameter [319:0] INITVAL_34 = 320'h0;
  parameter [319:0] INITVAL_35 = 320'h0;
  parameter [319:0] INITVAL_36 = 320'h0;
  parameter [319:0] INITVAL_37 = 320'h0;
  parameter [319:0] INITVAL_38 = 320'h0;
  parameter [319:0] INITVAL_39 = 320'h0;
  parameter [319:0] INITVAL_3A = 320'h0;
  parameter [319:0] INITVAL_3B = 320'h0;
  parameter [319:0] INITVAL_3C = 320'h0;
  parameter [319:0] INITVAL_3D = 320'h0;
  parameter [319:0] INITVAL_3E = 320'h0;
  parameter [319:0] INITVAL_3F = 320'h0;
  localparam [64*320-1:0] CONTENTS = {
    INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A, INITVAL_39, INITVAL_38,
    INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32, INITVAL_31, INITVAL_30,
    INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C, INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28,
    INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24, INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20,
    INITVAL_1F, INITVAL_1E, INITVAL_1D, INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18,
    INITVAL_17, INITVAL_16, INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10,
    INITVAL_0F, INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08,
    INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03, INITVAL_02, INITVAL_01, INITVAL_00};

  wire [35:0] written = {
      DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9,
      DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0,
      DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9,
      DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0};
  wire [13:0] ada = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4,
      ADA3, ADA2, ADA1, ADA0};
  wire [13:0] adb = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4,
      ADB3, ADB2, ADB1, ADB0};
  wire [17:0] dia = written[17:0], dib = written[35:18];

  reg [8:0] mem[0:2047];
  reg [17:0] read_a, low_b, high_b;
  integer n;

  initial begin
    for (n = 0; n < 1024; n = n + 1) begin
      mem[2 * n] = CONTENTS[n*20+:9];
      mem[2 * n + 1] = CONTENTS[n*20+9+:9];
    end
    if ((DATA_WIDTH_A == 36) != (DATA_WIDTH_B == 36) || REGMODE_A != "NOREG" ||
        REGMODE_B != "NOREG" || CLKAMUX != "CLKA" || CLKBMUX != "CLKB") begin
      $display("DP16KD: a use that the model does not know");
      $finish;
    end
  end

  always @(posedge CLKA)
    if (CEA) begin
      if (WEA)
        case (DATA_WIDTH_A)
          36: begin
            if (ada[0]) mem[{ada[13:5], 2'd0}] <= written[8:0];
            if (ada[1]) mem[{ada[13:5], 2'd1}] <= written[17:9];
            if (ada[2]) mem[{ada[13:5], 2'd2}] <= written[26:18];
            if (ada[3]) mem[{ada[13:5], 2'd3}] <= written[35:27];
          end
          18: begin
            if (ada[0]) mem[{ada[13:4], 1'b0}] <= dia[8:0];
            if (ada[1]) mem[{ada[13:4], 1'b1}] <= dia[17:9];
          end
          9: mem[ada[13:3]] <= dia[8:0];
          4: mem[ada[13:3]][{ada[2], 2'b00}+:4] <= dia[3:0];
          2: mem[ada[13:3]][{ada[2:1], 1'b0}+:2] <= dia[1:0];
          default: mem[ada[13:3]][{1'b0, ada[2:0]}] <= dia[0];
        endcase
      case (DATA_WIDTH_A)
        36, 18: read_a <= {mem[{ada[13:4], 1'b1}], mem[{ada[13:4], 1'b0}]};
        9: read_a <= {9'd0, mem[ada[13:3]]};
        4: read_a <= {14'd0, mem[ada[13:3]][{ada[2], 2'b00}+:4]};
        2: read_a <= {16'd0, mem[ada[13:3]][{ada[2:1], 1'b0}+:2]};
        default: read_a <= {17'd0, mem[ada[13:3]][{1'b0, ada[2:0]}]};
      endcase
    end

  always @(posedge CLKB)
    if (CEB) begin
      if (WEB)
        case (DATA_WIDTH_B)
          36: begin
            $display("DP16KD: a use that the model does not know");
            $finish;
          end
          18: begin
            if (adb[0]) mem[{adb[13:4], 1'b0}] <= dib[8:0];
            if (adb[1]) mem[{adb[13:4], 1'b1}] <= dib[17:9];
          end
          9: mem[adb[13:3]] <= dib[8:0];
          4: mem[adb[13:3]][{adb[2], 2'b00}+:4] <= dib[3:0];
          2: mem[adb[13:3]][{adb[2:1], 1'b0}+:2] <= dib[1:0];
          default: mem[adb[13:3]][{1'b0, adb[2:0]}] <= dib[0];
        endcase
      low_b <= {mem[{adb[13:5], 2'd1}], mem[{adb[13:5], 2'd0}]};
      case (DATA_WIDTH_B)
        36: high_b <= {mem[{adb[13:5], 2'd3}], mem[{adb[13:5], 2'd2}]};
        18: high_b <= {mem[{adb[13:4], 1'b1}], mem[{adb[13:4], 1'b0}]};
        9: high_b <= {9'd0, mem[adb[13:3]]};
        4: high_b <= {14'd0, mem[adb[13:3]][{adb[2], 2'b00}+:4]};
        2: high_b <= {16'd0, mem[adb[13:3]][{adb[2:1], 1'b0}+:2]};
        default: high_b <= {17'd0, mem[adb[13:3]][{1'b0, adb[2:0]}]};
      endcase
    end

  assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9,
          DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0} = high_b;
  assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9,
          DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0} =
      DATA_WIDTH_B == 36 ? low_b : read_a;
endmodule
