resource "terraform_data" "a" {
  input    = "x"
  for_each = toset(["x"])
}
resource "terraform_data" "n" {
  input    = "x"
  for_each = toset(["zero", "one"])
}
moved {
  from = terraform_data.a
  to   = terraform_data.a["x"]
}
moved {
  from = terraform_data.n[0]
  to   = terraform_data.n["zero"]
}
moved {
  from = terraform_data.n[1]
  to   = terraform_data.n["one"]
}
