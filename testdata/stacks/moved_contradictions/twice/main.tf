resource "terraform_data" "b" {
  input = "x"
}
resource "terraform_data" "n" {
  input = count.index
  count = 2
}
moved {
  from = terraform_data.a
  to   = terraform_data.b
}
moved {
  from = terraform_data.a
  to   = terraform_data.b
}
