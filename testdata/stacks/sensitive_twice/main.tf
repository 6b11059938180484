variable "password" {
  type      = string
  sensitive = true
}

resource "tencentcloud_instance" "web" {
  instance_name     = "web"
  availability_zone = "ap-guangzhou-3"
  image_id          = "img-12345678"
  instance_type     = "S5.MEDIUM4"
  password          = var.password
  tags              = { secret = var.password }
}

resource "random_password" "own" {
  length = 16
}

output "nothing" {
  value = null
}
