# c1
resource "a" "b" { # trailing

  # lead

  x = 1


  y = [
  { a = 1
  b = 2 }, {
    c = 3 }
  ]
  z = f(a, {
  b = 1 
  }, [
  1, 2
  ])
  nested { a = 1 }
  nested "l" {   a = 1   }
  long_name = 1 // c
  s = 2 /* x */ # y
  a = b /* x */ + c
  q = [
    1, 2, # a
    3,    # b
    444   # c
  ] # end
  aa = 1 # end
  tern = a ? (
  b
  ) : [
  c
  ]
  fn = merge(
  a,
  { b = 1,
  c = 2 },
  )
}
// c2
//c3
#c4
/**
   * doc
 */
locals { /* a */ }
locals { a = 1 } # x
locals {
  a = 1 # x

  b = 22222 # y
  c = [1,
  2] # z
  d = 3
  e = "" # z
  fffff = {} # x
  g = {
  } # x
}
