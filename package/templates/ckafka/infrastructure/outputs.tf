output "main" {
  description = "Where the application is"
  value       = "http://${tencentcloud_instance.app.public_ip}/"
}

output "queue" {
  description = "Where the message queue is, within the private network"
  value       = "${tencentcloud_ckafka_instance.events.vip}:${tencentcloud_ckafka_instance.events.vport}"
}

output "login_password" {
  description = "Password of the server's first login"
  value       = random_password.login.result
  sensitive   = true
}
